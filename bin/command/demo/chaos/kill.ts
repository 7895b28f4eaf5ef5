import { setTimeout as sleep } from 'node:timers/promises';
import { lives, type ProcessRecord, readRecords } from '../../../../localstack/services/process-record.ts';

/** The recorded process of that name, if it lives. */
export async function livingProcess(folder: string, name: string): Promise<ProcessRecord | undefined> {
  const records = await readRecords(folder);
  return records.find((record) => record.name === name && lives(record));
}

/** Kills a recorded process and its group (SIGKILL), and waits until it is gone. */
export async function killProcess(record: ProcessRecord): Promise<void> {
  process.kill(-record.pid, 'SIGKILL');
  while (lives(record)) await sleep(20);
}
