import { type PythonServiceOptions, startPythonService } from './aws.ts';
import type { Child } from './child.ts';

export interface AthenaOptions extends PythonServiceOptions {
  readonly glueEndpoint: string;
}

/** The Athena API over the local catalog and S3; endpoint is a URL. */
export function startAthena(options: AthenaOptions): Promise<Child> {
  return startPythonService('athena', new URL('../athena/server.py', import.meta.url), options, [
    '--glue-endpoint',
    options.glueEndpoint,
    '--s3-endpoint',
    options.s3Endpoint,
  ]);
}
