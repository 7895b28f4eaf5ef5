import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** AWS::Glue::Job: kept for the triggers and for StartJobRun. */
export const glueJob: Provider = {
  needs: [],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const command = read.inside('Command');
    const name = read.optionalText('Name') ?? `${context.stack.name}-${logicalId}`;
    const given = read.inside('DefaultArguments');
    const names = Object.keys(read.object('DefaultArguments'));
    context.jobs.define({
      name,
      command: command.text('Name'),
      script: command.text('ScriptLocation'),
      arguments: Object.fromEntries(names.map((argument) => [argument, given.text(argument)])),
      maxRetries: read.optionalNumber('MaxRetries') ?? 0,
      maxConcurrentRuns: read.inside('ExecutionProperty').optionalNumber('MaxConcurrentRuns') ?? 1,
    });
    return { id: name, attributes: {} };
  },
};
