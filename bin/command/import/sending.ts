import { basename } from 'node:path';
import { referencesOf } from '../../../lib/datasets/references.ts';
import { openFunctionProducer } from '../producer/function-producer.ts';
import { openProducer } from '../producer/producer.ts';
import { progressLine, shareText, thousands } from '../progress-line.ts';
import { keptFolder, type StagePlace } from '../stage-place.ts';
import { type Imported, type ImportOptions, importFiles } from './importing.ts';

/** What of an import the place does not say. */
export type Sending = Pick<
  ImportOptions,
  'manifest' | 'files' | 'source' | 'from' | 'to' | 'again' | 'signal'
>;

/** Imports files into a stage, with progress on stderr. @throws MillraceError as importFiles */
export async function sendFiles(place: StagePlace, sending: Sending): Promise<Imported[]> {
  const { manifest } = sending;
  const references = referencesOf(manifest);
  // The state folder of a stage is one for all accounts; the name of a bucket is nobody else's.
  const cluster = place.local === undefined ? { cluster: await place.bucket('State') } : {};
  const producer = await producerTo(place, manifest.topic.name);
  const line = progressLine();
  const begunMs = performance.now();
  const secondsOf = () => (performance.now() - begunMs) / 1000;
  try {
    const imported = await importFiles({
      ...sending,
      ...cluster,
      references,
      producer,
      stateDir: keptFolder(place),
      onProgress: ({ file, read, acknowledged, share }) =>
        line.show(() => {
          const counts = `${basename(file)}: ${thousands(read)} rows read, ${thousands(acknowledged)} records acknowledged`;
          return [counts, shareText(share, secondsOf())].filter((text) => text !== '').join(', ');
        }),
    });
    const rows = imported.reduce((sum, one) => sum + one.rows - one.before, 0);
    line.end(`${thousands(rows)} rows in ${secondsOf().toFixed(1)} s`);
    return imported;
  } finally {
    await producer.close();
  }
}

/** The brokers themselves where they can be reached: that is ten times as fast. */
function producerTo(place: StagePlace, topic: string) {
  return place.local === undefined
    ? openFunctionProducer(place.kafka, topic)
    : openProducer({ brokers: [place.local.state.endpoints.kafka], topic, onRetry: retryReport() });
}

/** The first few are the broker's own start: it says so, and answers a moment later. */
function retryReport(): (reason: string) => void {
  let retries = 0;
  return (reason) => {
    retries += 1;
    if (retries % 10 === 5) process.stderr.write(`waiting for the broker: ${reason}\n`);
  };
}
