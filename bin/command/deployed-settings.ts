import { stageOf } from '../../lib/stages.ts';

/** What AWS clients are made with for a deployed stage: its own region, else that of the environment. @throws MillraceError MR200 */
export function deployedSettings(stage: string): { readonly region?: string } {
  const { region } = stageOf(stage, '--stage');
  return region === null ? {} : { region };
}
