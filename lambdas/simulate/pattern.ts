import { MillraceError } from '../../lib/errors.ts';
import type { Random } from './random.ts';

type Sample = (random: Random) => string;

const CLASSES: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_',
  s: ' ',
};
const ANY = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** An open-ended quantifier repeats at most this often beyond its minimum. */
const OPEN_ENDED = 4;

/**
 * A sampler of strings that match a contract's pattern: literals, classes, groups, alternatives and quantifiers.
 * @throws MillraceError MR501 where the pattern uses anything else.
 */
export function patternSample(pattern: string): Sample {
  let at = 0;
  const body = pattern.replace(/^\^/, '').replace(/\$$/, '');

  function refuse(what: string): never {
    throw new MillraceError(
      'MR501',
      `the simulator cannot make a string for the pattern ${pattern}: ${what}`,
      {
        where: `pattern, character ${at + 1}`,
        mend: 'use literals, classes, groups, | and quantifiers, or give the dataset a simulator of its own',
      },
    );
  }

  function alternatives(): Sample {
    const branches = [sequence()];
    while (body[at] === '|') {
      at += 1;
      branches.push(sequence());
    }
    return (random) => random.pick(branches)(random);
  }

  function sequence(): Sample {
    const parts: Sample[] = [];
    while (at < body.length && body[at] !== '|' && body[at] !== ')') parts.push(quantified());
    return (random) => parts.map((part) => part(random)).join('');
  }

  function quantified(): Sample {
    const one = atom();
    const quantifier = /^(?:([?*+])|\{(\d+)(,(\d*))?\})/.exec(body.slice(at));
    if (quantifier === null) return one;
    at += quantifier[0].length;
    const [, sign, low, comma, high] = quantifier;
    const min = sign === undefined ? Number(low) : sign === '+' ? 1 : 0;
    let max = min + OPEN_ENDED;
    if (sign === '?') max = 1;
    else if (sign === undefined && comma === undefined) max = min;
    else if (high !== undefined && high !== '') max = Number(high);
    return (random) => {
      let text = '';
      for (let left = min + random.below(max - min + 1); left > 0; left -= 1) text += one(random);
      return text;
    };
  }

  function atom(): Sample {
    const character = body[at];
    at += 1;
    if (character === '(') {
      if (body.startsWith('?:', at)) at += 2;
      else if (body[at] === '?') refuse('look-around');
      const inner = alternatives();
      if (body[at] !== ')') refuse('a group is not closed');
      at += 1;
      return inner;
    }
    if (character === '[') return oneOf(characterClass());
    if (character === '\\') return oneOf(escaped());
    if (character === '.') return oneOf(ANY);
    if (character === undefined || '^$?*+{'.includes(character)) refuse(`${character ?? 'the end'} here`);
    return () => character;
  }

  function escaped(): string {
    const character = body[at] ?? refuse('it ends in a backslash');
    at += 1;
    if (/[A-Za-z0-9]/.test(character)) return CLASSES[character] ?? refuse(`\\${character}`);
    return character;
  }

  function characterClass(): string {
    if (body[at] === '^') refuse('a negated class');
    let set = '';
    while (body[at] !== ']') {
      const first = body[at] ?? refuse('a class is not closed');
      at += 1;
      const from = first === '\\' ? escaped() : first;
      if (body[at] === '-' && body[at + 1] !== ']' && from.length === 1) {
        const to = body.charCodeAt(at + 1);
        at += 2;
        for (let code = from.charCodeAt(0); code <= to; code += 1) set += String.fromCharCode(code);
      } else {
        set += from;
      }
    }
    at += 1;
    return set;
  }

  const sample = alternatives();
  if (at < body.length) refuse('a stray bracket');
  return sample;
}

function oneOf(characters: string): Sample {
  return (random) => characters.charAt(random.below(characters.length));
}
