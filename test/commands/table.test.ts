import { describe, expect, it } from 'vitest';
import { programWith } from '../../bin/command/modules.ts';
import { helpText, shown } from '../../bin/setup/commands.js';

const forwarded = shown.filter(([, command]) => command.plain !== true);

describe('table of commands', () => {
  it.each(forwarded)(
    '%s registers itself, with the options that its usage names',
    async (name, { usage }) => {
      // Prepare
      const named = new Set([...usage.matchAll(/--[a-z]+(?:-[a-z]+)*/g)].map(([option]) => option));

      // Act
      const program = await programWith(name);
      const command = program.commands.find((one) => one.name() === name);

      // Assess
      const registered = [command, ...(command?.commands ?? [])].flatMap((one) => one?.options ?? []);
      expect(command).toBeDefined();
      expect(new Set(registered.map((option) => option.long))).toEqual(named);
    },
  );

  it('gives every command an example', () => {
    // Act
    const lacking = shown.filter(([, { examples }]) => examples.length === 0);

    // Assess
    expect(lacking).toEqual([]);
  });

  it('is what --help prints', () => {
    // Act
    const text = helpText();

    // Assess
    for (const [, { usage, summary }] of shown) {
      expect(text).toContain(usage);
      expect(text).toContain(summary);
    }
  });
});
