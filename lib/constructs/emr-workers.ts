import type { Stage } from '../stages.ts';

export type EmrSettings = Extract<Stage['jobs']['runtime'], { kind: 'emr-serverless' }>;

/** Spark keeps so much of a worker's memory for what is not its heap: a share, and at least so many MiB. */
const overheadShare = 0.1;
const leastOverheadMiB = 384;

/** Every worker has a disk of this size, EMR's default. */
const diskGB = 20;

/** MiB that may be asked for as a worker's heap, so that the worker is no larger than the settings say. */
export function heapMiB(memoryGiB: number): number {
  const worker = memoryGiB * 1024;
  return Math.floor(Math.min(worker - leastOverheadMiB, worker / (1 + overheadShare)));
}

/** One worker, as an application's capacity is written. */
export function workerConfiguration({ workerVcpus, workerMemoryGiB }: EmrSettings) {
  return { cpu: `${workerVcpus} vCPU`, memory: `${workerMemoryGiB} GB`, disk: `${diskGB} GB` };
}

/** Workers that fit into the application. */
export function mostWorkers({ mostVcpus, workerVcpus }: EmrSettings): number {
  return Math.floor(mostVcpus / workerVcpus);
}

/** What the whole application may take. */
export function maximumCapacity(settings: EmrSettings) {
  const workers = mostWorkers(settings);
  return {
    cpu: `${workers * settings.workerVcpus} vCPU`,
    memory: `${workers * settings.workerMemoryGiB} GB`,
    disk: `${workers * diskGB} GB`,
  };
}

/** Workers that stand ready: a driver, and executors. Empty where none are wanted. */
export function initialCapacity(settings: EmrSettings) {
  const kept = [
    { key: 'Driver', workerCount: Math.min(1, settings.warmWorkers) },
    { key: 'Executor', workerCount: settings.warmWorkers - 1 },
  ];
  return kept
    .filter(({ workerCount }) => workerCount > 0)
    .map(({ key, workerCount }) => ({
      key,
      value: { workerCount, workerConfiguration: workerConfiguration(settings) },
    }));
}

/** Spark's settings of a run's size. */
export function sizeSettings(settings: EmrSettings): Readonly<Record<string, string>> {
  const memory = `${heapMiB(settings.workerMemoryGiB)}m`;
  const cores = String(settings.workerVcpus);
  return {
    'spark.driver.cores': cores,
    'spark.driver.memory': memory,
    'spark.executor.cores': cores,
    'spark.executor.memory': memory,
    // EMR scales between them by the work there is.
    'spark.dynamicAllocation.initialExecutors': '1',
    'spark.dynamicAllocation.maxExecutors': String(settings.executors),
  };
}
