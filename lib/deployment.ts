/** Where a stage is deployed to: what its settings and the command line say, held against one another. */
import type { Environment } from 'aws-cdk-lib';
import { MillraceError } from './errors.ts';
import { placeForms } from './stage-settings.ts';
import type { Stage } from './stages.ts';

/** What the command line says: `-c account=`, `-c region=`. */
export interface Given {
  readonly account?: unknown;
  readonly region?: unknown;
}

/**
 * Account and region of the stage's stacks; undefined where neither the settings nor the command line name them: the
 * templates then fit any, and the CLI deploys them to where its credentials lead. Of stacks that name an account the CLI
 * itself refuses the credentials of another. What the environment says is not asked: synth needs no credentials.
 *
 * @throws MillraceError MR204 where what is given is no account or no region, is only one of the two, or is not the
 * one that the stage's settings allow
 */
export function environmentOf(
  stage: Pick<Stage, 'name' | 'account' | 'region'>,
  given: Given,
): Environment | undefined {
  const one = (name: 'account' | 'region'): string | undefined => {
    const { pattern, what } = placeForms[name];
    const wanted = given[name];
    if (wanted !== undefined && !(typeof wanted === 'string' && pattern.test(wanted)))
      throw refusal(`${name} ${JSON.stringify(wanted)} is not ${what}`, `-c ${name}=`, `write ${what}`);
    const allowed = stage[name];
    if (allowed === null) return wanted;
    if (wanted !== undefined && wanted !== allowed)
      throw refusal(
        `stage ${stage.name} is not for ${name} ${wanted}`,
        `-c ${name}=`,
        `its settings (lib/stages.ts) name ${allowed}`,
      );
    return allowed;
  };
  const [account, region] = [one('account'), one('region')];
  if (account === undefined && region === undefined) return undefined;
  if (account === undefined || region === undefined)
    throw refusal(
      `${account === undefined ? 'region' : 'account'} is given without the other`,
      'the CDK context values `account` and `region`, or the settings in lib/stages.ts',
      'give both, or neither',
    );
  return { account, region };
}

function refusal(message: string, where: string, mend: string): MillraceError {
  return new MillraceError('MR204', message, { where, mend });
}
