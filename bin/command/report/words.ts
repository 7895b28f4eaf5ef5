/** Units that a column's name may end with, as a reader knows them. */
const UNITS: Readonly<Record<string, string>> = {
  percent: '%',
  pct: '%',
  ms: 'ms',
  seconds: 's',
  minutes: 'minutes',
  hours: 'hours',
  days: 'days',
  km: 'km',
  miles: 'miles',
  bytes: 'bytes',
};

/** A column's name in words, its unit apart: `avg_delay_minutes` is `avg delay (minutes)`. */
export function wordsOf(column: string): string {
  const words = column.split('_');
  const unit = words.length > 1 ? UNITS[words.at(-1) ?? ''] : undefined;
  return unit === undefined ? words.join(' ') : `${words.slice(0, -1).join(' ')} (${unit})`;
}

/** A text in lines of at most so many characters, broken between words. */
export function lines(text: string, most: number): string[] {
  const broken: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = broken.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      broken[broken.length - 1] = `${last} ${word}`;
    else broken.push(word);
  }
  return broken;
}
