import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

/** A log from now on. */
export interface LogTail {
  /** What was written since. */
  since(): Promise<string>;
}

export async function logOf(lab: Lab, part: 'driver'): Promise<LogTail> {
  const path = join(lab.logs, `${{ driver: `spark-${lab.names.silver}` }[part]}.log`);
  const begin = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  return {
    since: async () => {
      const file = await open(path);
      try {
        const { size } = await file.stat();
        const bytes = Buffer.alloc(Math.max(0, size - begin));
        await file.read(bytes, 0, bytes.length, begin);
        return bytes.toString();
      } finally {
        await file.close();
      }
    },
  };
}
