import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { nodeFile } from '../../../bin/setup/node-modules.js';
import { copyOfTree } from '../../integration/clone.ts';
import { settled } from '../harness/parts.ts';
import { load, maker, send } from '../harness/records.ts';
import type { Scenario } from '../harness/scenario.ts';

const run = promisify(execFile);
const DAY = 86_400_000;

async function rewrite(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} lacks what is to be changed: ${from}`);
  await writeFile(file, text.replace(from, to));
}

/** Synthesises a dataset of a copy of the tree. @returns its cdk.out @throws Error with what it said */
async function synthesised(clone: string, dataset: string): Promise<string> {
  const module = pathToFileURL(join(clone, 'bin/command/synthesis.ts')).href;
  const script = `console.log(await (await import('${module}')).ensureSynthesised({ datasets: ['${dataset}'] }))`;
  const { stdout } = await run(nodeFile, ['--input-type=module', '--eval', script], { cwd: clone });
  return stdout.trim();
}

export const schema: readonly Scenario[] = [
  {
    name: 'schema-changes',
    fault:
      'the contract gets a new optional field, deployed over the data; then a field is taken from it, which synth refuses',
    async run(lab, seed) {
      const clone = await copyOfTree();
      // The run's functions run from its assets.
      lab.atClose(() => rm(clone, { recursive: true, force: true }));
      const contract = join(clone, 'lib/datasets/iot.ts');
      const before = await send(lab, await load(lab, { seed, events: 3_000 }));
      await settled(lab);
      // In the middle of the contract: in order it would take the ids of other columns.
      await rewrite(
        contract,
        '  status: z\n',
        "  battery: z.number().min(0).nullish().meta({ description: 'Charge left', unit: '%' }),\n  status: z\n",
      );
      await lab.deploy(
        await synthesised(clone, lab.dataset.name),
        (await import(pathToFileURL(contract).href)).dataset,
      );
      const { event, message } = await maker(lab, seed);
      const events = Array.from({ length: 1_000 }, (_, at) => event(Date.now() - DAY + at));
      const after = await send(
        lab,
        events.map((one, at) => message(at % 2 === 0 ? { ...one, battery: at / 10 } : one)),
      );
      await rewrite(contract, '    firmware: z\n', '    build: z\n');
      const refused = await synthesised(clone, lab.dataset.name).then(
        () => 'nothing',
        (error: unknown) => String(error),
      );
      const faults = refused.includes('MR320') ? [] : [`a field taken back was answered by ${refused}`];
      return { sent: [before, after], injections: 2, faults };
    },
  },
];
