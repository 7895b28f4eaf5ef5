/** The workflows and actions of .github, as their files say them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parse } from 'yaml';

export const root = resolve(import.meta.dirname, '..', '..');

export type Permissions = Readonly<Record<string, 'read' | 'write' | 'none'>>;

export interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface Job {
  /** A workflow that the job is; it then has no steps. */
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly permissions?: Permissions;
  readonly environment?: string;
  readonly if?: string;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly 'timeout-minutes'?: number;
}

export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** A step, and where it stands. */
export interface PlacedStep {
  readonly where: string;
  readonly step: Step;
}

/** Paths from the root, of every YAML file of workflows and actions. */
export function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Workflows by file name. */
export function workflows(): Readonly<Record<string, Workflow>> {
  const folder = join('.github', 'workflows');
  return Object.fromEntries(
    filesOf(folder).map((path) => [relative(folder, path), parse(textOf(path)) as Workflow]),
  );
}

/** Steps of all jobs of all workflows, and of the actions. */
export function placedSteps(): readonly PlacedStep[] {
  const ofJobs = Object.entries(workflows()).flatMap(([file, { jobs }]) =>
    Object.entries(jobs).flatMap(([job, { steps = [] }]) =>
      steps.map((step, index) => ({ where: `${file} ${job}[${index}]`, step })),
    ),
  );
  const ofActions = filesOf(join('.github', 'actions')).flatMap((path) => {
    const { runs } = parse(textOf(path)) as { runs: { steps: readonly Step[] } };
    return runs.steps.map((step, index) => ({ where: `${path}[${index}]`, step }));
  });
  return [...ofJobs, ...ofActions];
}
