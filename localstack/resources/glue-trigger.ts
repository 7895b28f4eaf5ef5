import { startsADay } from '../../lib/contract/cron.ts';
import { MillraceError } from '../../lib/errors.ts';
import { LEAST_STARTS_A_DAY } from '../differences.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** AWS::Glue::Trigger of type SCHEDULED: starts its jobs from now on, more often than on AWS, or never where it is rare (see differences.ts). */
export const glueTrigger: Provider = {
  // Its jobs read from and write to all of them.
  needs: ['kafka', 's3', 'aws'],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const type = read.text('Type');
    if (type !== 'SCHEDULED') {
      throw new MillraceError('MR405', `a trigger of type ${type} is not known to the mirror`, {
        where: `${context.stack.id}/${logicalId}`,
        mend: 'use a trigger of type SCHEDULED',
      });
    }
    const often = startsADay(read.text('Schedule'), `${context.stack.id}/${logicalId}`) >= LEAST_STARTS_A_DAY;
    if (often && read.flag('StartOnCreation', false)) {
      read.objects('Actions').forEach((action, index) => {
        const place = `${logicalId}.Actions[${index}]`;
        const argument = reader(reader(action, place).object('Arguments'), place);
        const names = Object.keys(reader(action, place).object('Arguments'));
        const args = Object.fromEntries(names.map((name) => [name, argument.text(name)]));
        context.jobs.schedule(reader(action, place).text('JobName'), args);
      });
    }
    return { id: read.optionalText('Name') ?? `${context.stack.name}-${logicalId}`, attributes: {} };
  },
};
