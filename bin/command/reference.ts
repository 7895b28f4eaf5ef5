import type { Command } from 'commander';
import { commands, helpText, plainHelpText } from '../setup/commands.js';
import { wholeProgram } from './modules.ts';

const WIDTH = 100;

/** docs/commands.md: what every command's `--help` prints. */
export async function reference(): Promise<string> {
  let printed = '';
  const program = await wholeProgram({
    writeOut: (text) => {
      printed += text;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  const helpOf = (command: Command): string => {
    printed = '';
    command.outputHelp();
    return printed;
  };
  const pages = program.commands.flatMap((command) => {
    const name = command.name();
    if (commands[name]?.plain === true) return page(name, plainHelpText(name));
    const below = command.commands.map((one) => page(`${name} ${one.name()}`, helpOf(one)));
    return below.length === 0 ? page(name, helpOf(command)) : below;
  });
  return `# Commands\n\nAs \`--help\` prints them.\n\n${fenced(helpText())}\n${pages.join('\n')}`;
}

function page(title: string, help: string): string {
  return `## ${title}\n\n${fenced(help)}`;
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\`\n`;
}
