import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { Manifest } from '../contract/manifest.ts';

/** The one text of a manifest: the landing and the jobs get the same bytes. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A folder in the cloud assembly for what synth makes before it becomes an asset. */
export function generatedFolder(scope: Construct, ...path: string[]): string {
  const folder = join(Stage.of(scope)?.outdir ?? 'cdk.out', 'generated', ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The dataset's manifest as a file asset. */
export class ManifestAsset extends Asset {
  constructor(scope: Construct, id: string, manifest: Manifest) {
    const path = join(generatedFolder(scope, manifest.dataset), 'manifest.json');
    writeFileSync(path, manifestText(manifest));
    super(scope, id, { path });
  }
}
