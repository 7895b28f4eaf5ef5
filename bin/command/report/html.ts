/** Parts that the pages share: texts, numbers, tables. */

/** Text as HTML shows it. */
export function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A whole number, its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A value of a result, as a table shows it. */
export function cell(value: unknown): string {
  if (typeof value !== 'number') return value === null || value === undefined ? '' : String(value);
  return Number.isInteger(value) ? count(value) : value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** Columns of numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = head.map((_, at) => rows.every((row) => /^[\d,.-]*$/.test(row[at] ?? '')));
  const row = (tag: 'th' | 'td', cells: readonly string[]) =>
    `<tr>${cells.map((value, at) => `<${tag}${isNumber[at] ? ' class="n"' : ''}>${text(value)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${row('th', head)}</thead><tbody>${rows.map((cells) => row('td', cells)).join('')}</tbody></table></div>`;
}

/** Facts as tiles: [name, value]. */
export function tiles(facts: readonly (readonly [string, string])[]): string {
  return facts
    .map(([name, value]) => `<div class="tile"><b>${text(value)}</b><span>${text(name)}</span></div>`)
    .join('');
}
