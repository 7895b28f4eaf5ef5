import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from '../../lib/contract/json-schema.ts';
import { publishedSchemasOf } from '../../lib/contract/publication.ts';
import { allDatasets } from '../../lib/datasets/index.ts';

const millrace = (...words: string[]) =>
  spawnSync(process.execPath, ['bin/millrace.js', 'datasets', ...words], { encoding: 'utf8' });

describe('datasets --schema', () => {
  it('prints the schema of the event, and those of what is published', async () => {
    // Prepare
    const [one] = await allDatasets();
    if (one === undefined) throw new Error('no dataset');

    // Act
    const { stdout, status } = millrace(one.name, '--schema');

    // Assess
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(
      JSON.parse(
        JSON.stringify({ event: jsonSchemaOf(one.manifest), published: publishedSchemasOf(one.manifest) }),
      ),
    );
  });

  it('takes one dataset', () => {
    // Act
    const { stderr, status } = millrace('--schema');

    // Assess
    expect(stderr).toContain('datasets DATASET --schema');
    expect(status).not.toBe(0);
  });

  it('refuses a dataset that there is not', () => {
    // Act
    const { stderr, status } = millrace('nowhere', '--schema');

    // Assess
    expect(stderr).toContain('MR131');
    expect(status).not.toBe(0);
  });
});
