/**
 * Every template, so that a change of any shows in the review of what made it. prod stands whole, all others as what
 * they have otherwise than their base. `npm run snapshots` writes them anew.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { type VariantName, variantNames, variantOf } from '../../bin/setup/checks/variants.ts';
import { allDatasets } from '../../lib/datasets/index.ts';
import { addMillrace, millraceApp } from '../../lib/stacks/millrace.ts';
import { differenceOf } from './difference.ts';
import { figuresOf } from './figures.ts';
import { type Json, normalised } from './normalised.ts';
import { scratchFolder } from './scratch.ts';
import { jarsOfNothing } from './synthesised.ts';

// Each synthesises a whole app, at times beside other tests.
vi.setConfig({ testTimeout: 240_000 });

const folder = join(import.meta.dirname, 'snapshots');

const whole: VariantName = 'prod';

/** Whose templates a variant is compared with. */
const bases: Readonly<Record<Exclude<VariantName, 'prod'>, VariantName>> = {
  dev: 'prod',
  staging: 'prod',
  'emr-serverless': 'prod',
  existing: 'prod',
  options: 'dev',
};

const known = new Map<VariantName, Promise<Readonly<Record<string, Json>>>>();

/** Every dataset for a variant, as bin/app.ts does it. Templates by stack, as snapshots keep them. */
async function synthesise(name: VariantName): Promise<Readonly<Record<string, Json>>> {
  process.env.MILLRACE_JARS_AWS = jarsOfNothing();
  const stage = variantOf(name);
  const { account, region } = stage;
  const stacks = addMillrace(millraceApp({ outdir: scratchFolder() }), {
    stage,
    manifests: (await allDatasets()).map(({ manifest }) => manifest),
    env: account === null || region === null ? undefined : { account, region },
  });
  return Object.fromEntries(
    Object.entries(stacks).flatMap(([id, stack]) =>
      stack === undefined ? [] : [[id, normalised(Template.fromStack(stack).toJSON() as Json, stage)]],
    ),
  );
}

/** The same, once a variant. */
function templatesOf(name: VariantName): Promise<Readonly<Record<string, Json>>> {
  const templates = known.get(name) ?? synthesise(name);
  known.set(name, templates);
  return templates;
}

const yamlOf = (value: Json): string =>
  stringify(value, { aliasDuplicateObjects: false, indentSeq: false, lineWidth: 0 });

const fileOf = (name: VariantName, stack: string): string =>
  join(folder, name === whole ? join(name, `${stack}.yaml`) : `${name}.yaml`);

describe('templates', () => {
  test(`of ${whole} are as their snapshots (mend: npm run snapshots, and read what changed)`, async () => {
    // Act
    const templates = await templatesOf(whole);

    // Assess
    for (const [stack, template] of Object.entries(templates))
      await expect(yamlOf(template)).toMatchFileSnapshot(fileOf(whole, stack));
  });

  test.each(Object.entries(bases) as [Exclude<VariantName, 'prod'>, VariantName][])(
    'of %s differ from those of %s as their snapshot says (mend: npm run snapshots, and read what changed)',
    async (name, base) => {
      // Prepare
      const ours = await templatesOf(base);

      // Act
      const difference = differenceOf(ours, await templatesOf(name)) ?? {};

      // Assess
      await expect(yamlOf(difference)).toMatchFileSnapshot(fileOf(name, ''));
    },
  );

  test('take of quotas and of money what docs/deploy.md tells', async () => {
    // Prepare
    const guide = readFileSync(join(folder, '..', '..', '..', 'docs', 'deploy.md'), 'utf8');
    const stages = ['dev', 'staging', 'prod'] as const;

    // Act
    const [dev, staging, prod] = (await Promise.all(stages.map(templatesOf))).map(figuresOf);

    // Assess
    const rows = [
      [
        'reserves none',
        `reserves ${prod?.reserved}, and 100 must stay unreserved: ${(prod?.reserved ?? 0) + 100} or more`,
      ],
      [`${dev?.brokers}`, `${prod?.brokers} (Express)`],
    ].map((cells) => ` | ${cells.join(' | ')} |`);
    for (const row of rows) expect(guide).toContain(row);
    expect(guide).toContain(`| ${dev?.streamUnits} of streams, `);
    expect(guide).toContain(`| ${prod?.streamUnits} of streams, `);
    for (const name of ['streams', 'endpoints'] as const)
      expect(guide).toContain(` | ${dev?.[name]} | ${staging?.[name]} | ${prod?.[name]} |`);
    expect([dev?.reserved, staging?.reserved]).toEqual([0, prod?.reserved]);
  });

  test('have no snapshot of what is none', async () => {
    // Prepare
    const stacks = Object.keys(await templatesOf(whole));
    const known = [
      ...stacks.map((stack) => fileOf(whole, stack)),
      ...Object.keys(bases).map((name) => fileOf(name as VariantName, '')),
    ];

    // Act
    const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];

    // Assess
    expect([...Object.keys(bases), whole].sort()).toEqual([...variantNames].sort());
    expect(
      files
        .map((name) => join(folder, name))
        .filter((path) => path.endsWith('.yaml') && !known.includes(path)),
    ).toEqual([]);
  });
});
