import { describe, expect, it } from 'vitest';
import { whyNotPortable } from '../../lib/contract/pattern.ts';

describe('the portable subset of regular expressions', () => {
  it.each([
    '^$',
    '^device-\\d{3}$',
    '^v\\d+\\.\\d+\\.\\d+$',
    '^(?:a|b)$',
    '^(a|bc)?x*$',
    '^[A-Za-z0-9_.-]{1,64}$',
    '^[^\\]\\[a]+$',
    '^a\\\\$',
    '^(?:25[0-5]|[1-9]?[0-9])(?:\\.(?:25[0-5]|[1-9]?[0-9])){3}$',
    '^(?:ab)*$',
    '^a/b$',
  ])('takes %s', (pattern) => {
    // Act
    const why = whyNotPortable(pattern);

    // Assess
    expect(why).toBeUndefined();
  });

  it.each([
    ['a', 'anchored'],
    ['^a', 'anchored'],
    ['^a\\$', 'open'],
    ['^ä$', 'ASCII'],
    ['^.$', '`.`'],
    ['^a|b$', 'outside a group'],
    ['^a)$', 'unbalanced'],
    ['^(a$', 'open group'],
    ['^[a$', 'open'],
    ['^[]$', 'empty class'],
    ['^[a[b]$', 'bare `[`'],
    ['^[a&&b]$', '`&&`'],
    ['^[--a]$', '`--`'],
    ['^\\s$', '`\\s`'],
    ['^\\bа$', 'ASCII'],
    ['^\\ba$', '`\\b`'],
    ['^(a)\\1$', '`\\1`'],
    ['^\\p{L}$', '`\\p`'],
    ['^a\\-b$', '`\\-`'],
    ['^(?=a)a$', 'look-around'],
    ['^(?<n>a)$', 'named group'],
    ['^a^b$', 'bare `^`'],
    ['^a$b$', 'bare `$`'],
    ['^a{,3}$', 'bare `{`'],
    ['^a{3,2}$', 'wrong way'],
    ['^a{1001}$', 'more than 1000'],
    ['^a*?$', 'lazy'],
    ['^a++$', 'lazy, possessive or double'],
    ['^*a$', 'bare `*`'],
    ['^a]$', 'bare `]`'],
    ['^(?:a+)+$', 'repeats or branches'],
    ['^(?:a|a)*$', 'repeats or branches'],
    ['^(?:a?){30}$', 'repeats or branches'],
    ['^((a*)b)*$', 'repeats or branches'],
    ['^[z-a]$', 'out of order'],
  ])('refuses %s', (pattern, reason) => {
    // Act
    const why = whyNotPortable(pattern);

    // Assess
    expect(why).toContain(reason);
  });
});
