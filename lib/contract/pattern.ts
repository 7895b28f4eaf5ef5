/**
 * The portable subset of regular expressions: what means the same to JavaScript (flag `u`), to Python
 * (`re.fullmatch`, `re.ASCII`) and to JSON Schema validators, and cannot run away on hostile input.
 *
 * Anchored `^…$`; printable ASCII; literals, escaped punctuation, `\d`, `\w`, classes, groups `(…)` and `(?:…)`,
 * alternation inside groups, greedy `? * + {n} {n,} {n,m}`. Left out because the engines differ: `.`, `\s`, `\b`,
 * look-around, back-references, lazy and possessive repetition, flags. Left out because they can take exponential
 * time: more than a few repetitions of a group that itself repeats or branches.
 */

const PUNCTUATION = new Set('^$\\.*+?()[]{}|/');
const MOST_REPEATS = 1000;
/** Of a group that repeats or branches: enough for the parts of an address, too few to run away. */
const MOST_REPEATS_OF_VARYING = 8;

/** Whether a part of a pattern can match in more than one way (it repeats or branches). */
interface Shape {
  readonly varies: boolean;
}

class NotPortable extends Error {}

/** Reads one pattern from left to right; every method leaves `at` behind what it read. */
class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): void {
    this.sequence();
    if (this.at < this.text.length) {
      throw new NotPortable(
        this.text[this.at] === '|' ? '`|` outside a group: write `^(?:a|b)$`' : 'unbalanced `)`',
      );
    }
  }

  private sequence(): Shape {
    let varies = false;
    while (this.at < this.text.length && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      const atom = this.atom();
      const repeat = this.repetition();
      if (atom.varies && repeat.most > MOST_REPEATS_OF_VARYING) {
        throw new NotPortable('the repetition of a group that itself repeats or branches');
      }
      varies = varies || atom.varies || repeat.variable;
    }
    return { varies };
  }

  private atom(): Shape {
    const character = this.next();
    if (character === '(') return this.group();
    if (character === '[') return this.characterClass();
    if (character === '\\') {
      this.escape(false);
    } else if (character === '.') {
      throw new NotPortable('`.` (engines differ on line ends): write a class');
    } else if (PUNCTUATION.has(character) && character !== '/') {
      throw new NotPortable(`a bare \`${character}\`: escape it`);
    }
    return { varies: false };
  }

  private group(): Shape {
    if (this.text[this.at] === '?') {
      if (this.text[this.at + 1] !== ':') throw new NotPortable('look-around or a named group');
      this.at += 2;
    }
    let varies = this.sequence().varies;
    while (this.text[this.at] === '|') {
      this.at += 1;
      this.sequence();
      varies = true;
    }
    if (this.next() !== ')') throw new NotPortable('an open group');
    return { varies };
  }

  private characterClass(): Shape {
    if (this.text[this.at] === '^') this.at += 1;
    let members = 0;
    for (;;) {
      const character = this.next();
      if (character === ']') break;
      if (character === '\\') this.escape(true);
      else if (character === '[') throw new NotPortable('a bare `[` in a class: escape it');
      else if ('&~|-'.includes(character) && this.text[this.at] === character) {
        throw new NotPortable(`\`${character}${character}\` in a class`);
      }
      members += 1;
    }
    if (members === 0) throw new NotPortable('an empty class');
    return { varies: false };
  }

  private escape(inClass: boolean): void {
    const character = this.next();
    const fits =
      character === 'd' || character === 'w' || PUNCTUATION.has(character) || (inClass && character === '-');
    if (!fits) throw new NotPortable(`\`\\${character}\``);
  }

  private repetition(): { variable: boolean; most: number } {
    const mark = this.text[this.at];
    let least = 1;
    let most = 1;
    if (mark === '*' || mark === '+' || mark === '?') {
      this.at += 1;
      least = mark === '+' ? 1 : 0;
      most = mark === '?' ? 1 : Infinity;
    } else if (mark === '{') {
      const bounds = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.text.slice(this.at));
      if (bounds === null) throw new NotPortable('a bare `{`: escape it, or write `{n}`, `{n,}`, `{n,m}`');
      this.at += bounds[0].length;
      least = Number(bounds[1]);
      most = bounds[2] === undefined ? least : bounds[3] === '' ? Infinity : Number(bounds[3]);
      if (least > most) throw new NotPortable('a repetition whose bounds are the wrong way round');
      if (least > MOST_REPEATS || (most > MOST_REPEATS && most !== Infinity)) {
        throw new NotPortable(`a repetition of more than ${MOST_REPEATS}`);
      }
    } else {
      return { variable: false, most: 1 };
    }
    if ('?*+{'.includes(this.text[this.at] ?? ' ')) {
      throw new NotPortable('a lazy, possessive or double repetition');
    }
    return { variable: least !== most, most };
  }

  private next(): string {
    const character = this.text[this.at];
    if (character === undefined) throw new NotPortable('an open group, class or escape');
    this.at += 1;
    return character;
  }
}

/** Why `pattern` is not in the portable subset, or undefined if it is. */
export function whyNotPortable(pattern: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(pattern)) return 'a character outside printable ASCII';
  if (pattern.length < 2 || !pattern.startsWith('^') || !pattern.endsWith('$')) {
    return 'not anchored as `^…$`';
  }
  try {
    new Reader(pattern.slice(1, -1)).whole();
    new RegExp(pattern, 'u');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
