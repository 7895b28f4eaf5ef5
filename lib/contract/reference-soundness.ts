import type { DatasetForm } from './form.ts';
import { refusal } from './refusal.ts';
import { checkSnake, checkTwice } from './soundness-names.ts';

/** What a cell of a CSV file can be read as without a convention of its own. */
const TYPES = ['string', 'double', 'long'];

/**
 * Checks what is said of the reference tables; their files are read elsewhere.
 * @throws MillraceError MR100, MR125, MR147
 */
export function checkReferences({ name: dataset, references = [] }: DatasetForm): void {
  checkTwice(
    references.map(({ name }) => name),
    'referenceUnsound',
    `${dataset}.references`,
  );
  for (const { name, table, description, file, key, columns } of references) {
    const place = `${dataset}.references.${name}`;
    checkSnake(name, place);
    checkSnake(table ?? name, `${place}.table`);
    if (!description.trim())
      throw refusal('descriptionMissing', place, 'The reference table has no description.');
    if (!/^[\w-]+\.csv$/.test(file))
      throw refusal('referenceUnsound', place, `\`${file}\` is no file of lib/datasets/reference.`);
    for (const column of columns) {
      checkSnake(column.name, place);
      if (!column.comment.trim())
        throw refusal('descriptionMissing', `${place}.${column.name}`, 'The column has no comment.');
      if (!TYPES.includes(column.type))
        throw refusal('referenceUnsound', place, `\`${column.name}\` is a ${column.type}.`);
    }
    checkTwice(
      columns.map((column) => column.name),
      'referenceUnsound',
      place,
    );
    const type = columns.find((column) => column.name === key)?.type;
    if (type !== 'string' && type !== 'long')
      throw refusal(
        'referenceUnsound',
        place,
        type === undefined ? `There is no column \`${key}\`.` : `The key \`${key}\` is a ${type}.`,
      );
  }
}
