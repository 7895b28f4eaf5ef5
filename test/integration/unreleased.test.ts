import { execFile } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFile } from '../../bin/setup/node-modules.js';
import { copyOfTree } from './clone.ts';

let clone: string;

beforeAll(async () => {
  clone = await copyOfTree();
});

afterAll(async () => {
  await rm(clone, { recursive: true, force: true });
});

/** What the app says to a deploy, as `cdk` runs it, and its exit code. */
function synthesised(): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(nodeFile, [join(clone, 'bin/app.ts')], { cwd: clone }, (error, _stdout, said) => {
      resolve({ code: error === null ? 0 : Number(error.code), said });
    });
  });
}

test('a contract that is ahead of its release is not synthesised for a deploy', async () => {
  // Prepare
  const file = join(clone, 'lib/datasets/iot.ts');
  const contract = await readFile(file, 'utf8');
  const battery = "  battery: z.number().nullish().meta({ description: 'Charge left' }),\n";
  await writeFile(file, contract.replace('  status: z\n', `${battery}  status: z\n`));

  // Act
  const { code, said } = await synthesised();

  // Assess
  expect(code).toBe(1);
  expect(said).toMatch(/MR326[\s\S]*iot_events\.battery[\s\S]*npm run release-schemas/);
});

test('nor are contracts of which a released one is gone', async () => {
  // Prepare
  const file = join(clone, 'lib/datasets/iot.ts');
  const contract = await readFile(file, 'utf8');
  await writeFile(file, contract.replace("name: 'iot'", "name: 'sensors'"));
  await rename(file, join(clone, 'lib/datasets/sensors.ts'));
  await rename(join(clone, 'sql/iot'), join(clone, 'sql/sensors'));

  // Act
  const { code, said } = await synthesised();

  // Assess
  expect(code).toBe(1);
  expect(said).toMatch(/MR327[\s\S]*lib\/datasets\/released\/iot\.json/);
});
