import { Command, type OutputConfiguration } from 'commander';
import { commands, examplesText } from '../setup/commands.js';

interface CommandModule {
  register(program: Command): void;
}

/** Loaded one at a time: the AWS clients alone take longer to load than most commands to run. */
const modules: Readonly<Record<string, () => Promise<CommandModule>>> = {
  demo: () => import('./demo.ts'),
  up: () => import('./up.ts'),
  down: () => import('./down.ts'),
  status: () => import('./status.ts'),
  metrics: () => import('./metrics.ts'),
  produce: () => import('./produce.ts'),
  import: () => import('./import.ts'),
  pipeline: () => import('./pipeline.ts'),
  audit: () => import('./audit.ts'),
  quarantine: () => import('./quarantine.ts'),
  run: () => import('./run.ts'),
  rebuild: () => import('./rebuild.ts'),
  backfill: () => import('./backfill.ts'),
  rerun: () => import('./rerun.ts'),
  query: () => import('./query.ts'),
  report: () => import('./dataset-report.ts'),
  datasets: () => import('./datasets.ts'),
  logs: () => import('./logs.ts'),
  open: () => import('./open.ts'),
  destroy: () => import('./destroy.ts'),
  completion: () => import('./completion.ts'),
  complete: () => import('./completion.ts'),
};

function emptyProgram(output: OutputConfiguration = {}): Command {
  return new Command('millrace').exitOverride().showHelpAfterError().configureOutput(output);
}

/** The program with one of its commands. */
export async function programWith(name: string): Promise<Command> {
  const load = Object.hasOwn(modules, name) ? modules[name] : undefined;
  const program = emptyProgram();
  if (load === undefined) return program;
  (await load()).register(program);
  return withExamples(program);
}

/** The program with all commands that people call, but those of completion itself. */
export async function wholeProgram(output?: OutputConfiguration): Promise<Command> {
  const program = emptyProgram(output);
  for (const [name, { plain, summary, usage }] of Object.entries(commands)) {
    if (name.startsWith('complet')) continue;
    if (plain === true) plainCommand(program, name, summary, usage);
    else (await modules[name]?.())?.register(program);
  }
  return withExamples(program);
}

/** A command that bin/millrace.js carries out itself, as far as others must know of it. */
function plainCommand(program: Command, name: string, summary: string, usage: string): void {
  const command = program.command(name).description(summary);
  for (const [option] of usage.matchAll(/--[a-z]+(?:-[a-z]+)*/g)) command.option(option, '');
}

function withExamples(program: Command): Command {
  for (const command of program.commands) {
    // Its subcommands show them too.
    if (Object.hasOwn(commands, command.name()))
      command.addHelpText('afterAll', examplesText(command.name()));
  }
  return program;
}
