import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commands, helpText } from '../../bin/setup/commands.js';

const forwarded = Object.entries(commands).filter(([, command]) => command.plain !== true);

describe('table of commands', () => {
  it.each(forwarded.map(([name]) => name))('%s registers itself, under its name', async (name) => {
    // Prepare
    const program = new Command();
    const module: { register(program: Command): void } = await import(`../../bin/command/${name}.ts`);

    // Act
    module.register(program);

    // Assess
    expect(program.commands.map((command) => command.name())).toEqual([name]);
  });

  it.each(forwarded)('%s has the options that its usage names', async (name, { usage }) => {
    // Prepare
    const program = new Command();
    const module: { register(program: Command): void } = await import(`../../bin/command/${name}.ts`);
    const named = [...usage.matchAll(/--[a-z]+/g)].map(([option]) => option).sort();

    // Act
    module.register(program);

    // Assess
    const registered = program.commands[0]?.options.map((option) => option.long).sort();
    expect(registered).toEqual(named);
  });

  it('is what --help prints', () => {
    // Act
    const text = helpText();

    // Assess
    for (const { usage, summary } of Object.values(commands)) {
      expect(text).toContain(usage);
      expect(text).toContain(summary);
    }
  });
});
