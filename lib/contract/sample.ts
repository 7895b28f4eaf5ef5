/**
 * A dataset may have sample files for demonstrations: lib/datasets/samples/DATASET.ts exports
 * `sampleFiles(place): Promise<string[]>`, the paths of files that `millrace import` takes.
 */
export interface SamplePlace {
  /** Folder of the installed packages of the project's Python environment, some of which are data. */
  readonly pythonPackages: string;
  /** An own folder for files that are made. */
  readonly folder: string;
}
