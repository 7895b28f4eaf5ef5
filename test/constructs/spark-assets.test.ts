import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectorJars } from '../../lib/constructs/spark-assets.ts';
import { scratchFolder } from '../stacks/scratch.ts';

describe('connector jars', () => {
  test('are listed by name, jars alone', () => {
    // Prepare
    const folder = scratchFolder();
    for (const name of ['b.jar', 'a.jar', 'notes.txt']) writeFileSync(join(folder, name), name);

    // Act
    const jars = connectorJars({ MILLRACE_JARS_AWS: folder });

    // Assess
    expect(jars.map((jar) => basename(jar))).toEqual(['a.jar', 'b.jar']);
  });

  test.each([
    ['an empty folder', () => scratchFolder()],
    ['no such folder', () => join(tmpdir(), 'millrace-no-such-folder')],
    ['no name of a folder', () => ''],
  ])('%s is refused with the way to them', (_case, make) => {
    // Prepare
    const folder = make();

    // Act
    const act = () => connectorJars({ MILLRACE_JARS_AWS: folder });

    // Assess
    expect(act).toThrow(
      expect.objectContaining({
        code: 'MR203',
        where: `MILLRACE_JARS_AWS=${folder}`,
        mend: expect.stringContaining('npx millrace setup'),
      }),
    );
  });
});
