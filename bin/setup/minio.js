/** MinIO, the S3 server: built once from source by Go, because its project offers no other way that needs no root. */
import { chmodSync, existsSync, mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cacheSubfolder } from './cache.js';
import { run } from './child.js';

/** A pseudo-version: the last one that module proxies serve. */
export const minioVersion = 'v0.0.0-20260212201848-7aac2a2c5b7c';

export function minioFile() {
  return join(cacheFolder(), 'minio', `${minioVersion}-${process.platform}-${process.arch}`, 'minio');
}

export function minioReady() {
  return existsSync(minioFile());
}

export async function buildMinio(logFile) {
  const building = mkdtempSync(join(cacheSubfolder('building'), 'minio-'));
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOARCH: '',
    GOBIN: join(building, 'bin'),
    GOCACHE: join(building, 'objects'),
    GOMODCACHE: join(building, 'modules'),
    GOOS: '',
    GOPATH: join(building, 'path'),
  };
  // Modules are read-only by default, and could then not be removed.
  const words = ['install', '-modcacherw', '-trimpath', '-ldflags', '-s -w'];
  await run('go', [...words, `github.com/minio/minio@${minioVersion}`], { logFile, env });
  const binary = join(building, 'bin', 'minio');
  await run(binary, ['--version'], { logFile });
  chmodSync(binary, 0o755);
  cacheSubfolder('minio', `${minioVersion}-${process.platform}-${process.arch}`);
  renameSync(binary, minioFile());
}
