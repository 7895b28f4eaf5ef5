import { compileMapping, type References } from '../../lib/contract/mapper.ts';
import type { RestSource } from '../../lib/contract/source.ts';
import type { ChangeOptions, Mapped } from './changes.ts';

/** Stands in no contract: `$` begins no field. */
const PRINCIPAL = '$principal';

/** The mapping of a source, which also tells whether a record is the principal one of its identity. */
export function mappedBy({ mapping, merge }: RestSource, references: References): ChangeOptions['map'] {
  const told = merge === null ? {} : { [PRINCIPAL]: merge.principal };
  const map = compileMapping({ ...mapping, event: { ...mapping.event, ...told } }, references);
  return (row): Mapped => {
    const made = map(row);
    if ('rejected' in made) return made;
    const { [PRINCIPAL]: principal, ...event } = made.event;
    return { event, principal: principal === true };
  };
}
