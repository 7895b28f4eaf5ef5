import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { MillraceError } from '../../../lib/errors.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Runs `cdk destroy` for stacks of a stage (`--all`: whatever is left of it), with those that use them; what it says
 * goes to stderr. Stacks that are gone already are passed over.
 *
 * @throws MillraceError MR724
 */
export async function cdkDestroy(stage: string, stacks: readonly string[]): Promise<void> {
  const words = ['destroy', ...stacks, '--force', '--no-notices', '-c', `stage=${stage}`];
  // A contract that is not released yet changes nothing of what is deleted.
  const context = ['-c', 'unreleased=true'];
  const { failed } = await execa(
    process.execPath,
    [join(root, 'node_modules', '.bin', 'cdk'), ...words, ...context],
    {
      cwd: root,
      env: { CDK_DISABLE_CLI_TELEMETRY: '1' },
      stdio: ['ignore', process.stderr, process.stderr],
      reject: false,
    },
  );
  if (!failed) return;
  throw new MillraceError('MR724', 'cdk destroy failed', {
    where: `cdk ${words.join(' ')}`,
    mend: 'mend what it says above (the events of the stack, in the CloudFormation console, say more), then run the command again; what holds the Network stack: docs/operations.md, "Network interfaces that stay"',
  });
}
