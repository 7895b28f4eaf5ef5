import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { externalServices } from '../../localstack/external.ts';

describe('externalServices', () => {
  it('takes what is named and no more', () => {
    // Act
    const external = externalServices({
      MILLRACE_ENDPOINT_KAFKA: '127.0.0.1:9092',
      MILLRACE_ENDPOINT_S3: 'http://127.0.0.1:9000',
      MILLRACE_ENDPOINT_REST: 'http://127.0.0.1:4566',
      MILLRACE_ENDPOINT_AWS: '',
      MILLRACE_S3_ACCESS_KEY_ID: 'id',
      MILLRACE_S3_SECRET_ACCESS_KEY: 'secret',
    });

    // Assess
    expect(external).toEqual({
      endpoints: { kafka: '127.0.0.1:9092', s3: 'http://127.0.0.1:9000' },
      rest: 'http://127.0.0.1:4566',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    });
    expect(externalServices({})).toEqual({ endpoints: {} });
  });

  it('refuses an S3 without credentials', () => {
    // Act
    const act = () => externalServices({ MILLRACE_ENDPOINT_S3: 'http://127.0.0.1:9000' });

    // Assess
    expect(act).toThrow(expect.objectContaining({ code: 'MR421' }));
  });
});

describe('docker-compose.yml', () => {
  it('opens ports on the loopback address only, and holds no credentials', async () => {
    // Act
    const text = await readFile(new URL('../../localstack/docker-compose.yml', import.meta.url), 'utf8');
    const ports = [...text.matchAll(/ports: \[(.*)\]/g)].map(([, list]) => list);

    // Assess
    expect(ports).toHaveLength(3);
    for (const list of ports) expect(list).toMatch(/^'127\.0\.0\.1:\d+:\d+'$/);
    expect(text).toMatch(/MINIO_ROOT_PASSWORD: \$\{MILLRACE_S3_SECRET_ACCESS_KEY:\?/);
  });
});
