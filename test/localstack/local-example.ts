import { join } from 'node:path';
import type { Local } from '../../localstack/local.ts';

/** A local run that does not run; its folders are all below `folder`. */
export function localExample(folder: string): Local {
  return {
    region: 'us-east-1',
    account: '123456789012',
    partition: 'aws',
    endpoints: {
      kafka: '127.0.0.1:1',
      s3: 'http://127.0.0.1:2',
      aws: 'http://127.0.0.1:3',
      athena: 'http://127.0.0.1:4',
    },
    functions: 'http://127.0.0.1:6',
    glue: 'http://127.0.0.1:7',
    rest: 'http://127.0.0.1:5',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    folders: { state: folder, logs: folder, data: folder, work: join(folder, 'work'), processes: folder },
    toolchain: {
      node: '/n',
      python: '/p',
      java: '/j',
      minio: '/m',
      jarsKafka: '/k',
      sparkClassPath: '/s/*',
      sparkClasses: '/s.jsa',
    },
  };
}
