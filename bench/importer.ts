/** A process of its own, so that its memory is the importer's: `importer.ts DATASET BROKER STATE FILE...`, JSON to stdout. */
import { importFiles } from '../bin/command/import/importing.ts';
import { openProducer } from '../bin/command/producer/producer.ts';
import { datasetNamed } from '../lib/datasets/index.ts';
import { referencesOf } from '../lib/datasets/references.ts';

const [dataset = '', broker = '', stateDir = '', ...files] = process.argv.slice(2);
const { manifest } = await datasetNamed(dataset);
const references = referencesOf(manifest);
const producer = await openProducer({ brokers: [broker], topic: manifest.topic.name });
try {
  const begunMs = Date.now();
  const imported = await importFiles({ manifest, references, files, producer, stateDir });
  const broken = imported.find(({ end }) => end !== 'done');
  if (broken !== undefined) throw new Error(`${broken.file}: ${broken.error?.what ?? broken.end}`);
  const rows = imported.reduce((sum, file) => sum + file.rows, 0);
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const told = {
    rows,
    begunMs,
    seconds: (Date.now() - begunMs) / 1000,
    processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
    mostMemoryMiB: maxRSS / 1024,
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
} finally {
  await producer.close();
}
