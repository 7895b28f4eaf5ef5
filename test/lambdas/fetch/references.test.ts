import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mappedBy } from '../../../lambdas/fetch/mapped.ts';
import { readReferences } from '../../../lambdas/fetch/references.ts';
import { text } from '../../../lib/contract/mapping.ts';
import { scratchFolder } from '../../stacks/scratch.ts';
import { parcels, sourceIn } from './sources.ts';

const folder = scratchFolder();

describe('the reference tables beside the code', () => {
  it('are what the mapping looks into', () => {
    // Prepare
    const file = join(folder, 'references.json');
    writeFileSync(file, JSON.stringify({ states: { S: { code: 'S', words: 'sent' } } }));
    const { mapping, ...source } = sourceIn(parcels());
    const state = { lookup: 'states', key: text('state'), column: 'words' };
    const looking = { ...source, mapping: { ...mapping, event: { ...mapping.event, state } } };

    // Act
    const map = mappedBy(looking, readReferences(file));

    // Assess
    expect(map({ id: 'p-1', state: 'S' })).toMatchObject({ event: { state: 'sent' }, principal: false });
    expect(map({ id: 'p-1', state: 'X' })).toMatchObject({
      rejected: { detail: expect.stringContaining('X') },
    });
  });

  it.each(['{', 'none'])('are refused where they cannot be read: %s', (text) => {
    // Prepare
    const file = join(folder, `${text.length}.json`);
    if (text === '{') writeFileSync(file, text);

    // Act
    const read = () => readReferences(file);

    // Assess
    expect(read).toThrow(expect.objectContaining({ code: 'MR802' }));
  });
});
