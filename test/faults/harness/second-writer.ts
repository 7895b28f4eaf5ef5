import { join } from 'node:path';
import { GetJobCommand } from '@aws-sdk/client-glue';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { OUTSIDE } from '../../../bin/command/demo/leftovers.ts';
import { type Child, startChild } from '../../../localstack/services/child.ts';
import { prepareJob } from '../../../localstack/services/spark.ts';
import type { Lab } from './lab.ts';

/** Starts the silver job once more, beside the one that runs: same script, same arguments, same checkpoint. */
export async function secondWriter(lab: Lab): Promise<Child> {
  const { local, place, names, s3 } = lab;
  const { Job } = await place.jobs.send(new GetJobCommand({ JobName: names.silver }));
  const job = await prepareJob(
    {
      name: names.silver,
      command: Job?.Command?.Name ?? '',
      script: Job?.Command?.ScriptLocation ?? '',
      arguments: Job?.DefaultArguments ?? {},
      maxRetries: 0,
      maxConcurrentRuns: 1,
    },
    local,
    async (uri) => {
      const { host, pathname } = new URL(uri);
      const object = await s3.send(
        new GetObjectCommand({ Bucket: host, Key: decodeURIComponent(pathname.slice(1)) }),
      );
      return Buffer.from((await object.Body?.transformToByteArray()) ?? []);
    },
  );
  return startChild({
    name: 'second-writer',
    endpoint: '',
    command: local.toolchain.python,
    args: [job.script, ...job.args],
    env: job.session.env,
    cwd: job.session.folder,
    logFile: join(lab.logs, 'second-writer.log'),
    records: join(lab.stateDir, OUTSIDE),
  });
}
