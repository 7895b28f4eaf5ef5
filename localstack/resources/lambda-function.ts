import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../lib/errors.ts';
import { functionEnvironment } from '../differences.ts';
import { startFunction } from '../lambda/host.ts';
import { arn, physicalName } from './naming.ts';
import { reader } from './properties.ts';
import type { Context, Provider } from './resource.ts';

async function codeFolder(context: Context, bucket: string, key: string, logicalId: string): Promise<string> {
  const asset = context.asset(bucket, key);
  // The very folder that a deploy zips and Lambda unpacks.
  if (asset !== undefined && (await stat(asset.source)).isDirectory()) return asset.source;
  throw new MillraceError('MR405', 'the code of a function must be a folder asset of the app', {
    where: `${context.stack.id}/${logicalId}: s3://${bucket}/${key}`,
    mend: 'give the function its code with Code.fromAsset(folder)',
  });
}

/** AWS::Lambda::Function on Node.js: its bundle in a process of its own, started at the first invocation. */
export const lambdaFunction: Provider = {
  needs: [],
  async create(context, properties, logicalId) {
    const read = reader(properties, logicalId);
    const runtime = read.text('Runtime');
    if (!runtime.startsWith('nodejs')) {
      throw new MillraceError('MR405', `the mirror runs functions on Node.js, not on ${runtime}`, {
        where: `${context.stack.id}/${logicalId}`,
        mend: 'write the function for a nodejs runtime',
      });
    }
    const name = read.optionalText('FunctionName') ?? physicalName(context.stack.name, logicalId, 64);
    const code = read.inside('Code');
    const declared = read.inside('Environment').inside('Variables');
    const names = Object.keys(read.inside('Environment').object('Variables'));
    const id = arn(context, 'lambda', `function:${name}`);
    const hosted = await startFunction({
      name,
      codeDir: await codeFolder(context, code.text('S3Bucket'), code.text('S3Key'), logicalId),
      handler: read.text('Handler'),
      environment: functionEnvironment(
        Object.fromEntries(names.map((variable) => [variable, declared.text(variable)])),
        context.local,
      ),
      memoryMb: read.optionalNumber('MemorySize') ?? 128,
      timeoutSeconds: read.optionalNumber('Timeout') ?? 3,
      logFile: join(context.local.folders.logs, `function-${name}.log`),
      records: context.local.folders.processes,
      nodePath: context.local.toolchain.node,
      functionArn: id,
    });
    context.onStop(`function ${name}`, hosted.stop);
    context.functions.set(name, { name, invoke: hosted.invoke });
    return { id: name, attributes: { Arn: id } };
  },
};
