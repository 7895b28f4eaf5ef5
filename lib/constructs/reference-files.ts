import { fileURLToPath } from 'node:url';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { Reference } from '../contract/manifest.ts';
import { referenceFolder } from '../datasets/references.ts';

/** The CSV files of a dataset's reference tables, as assets. */
export class ReferenceFiles extends Construct {
  readonly assets: readonly Asset[];
  /** `NAME=s3://…,NAME=s3://…`, as the gold job takes it; empty where there are none. */
  readonly argument: string;

  constructor(scope: Construct, id: string, references: readonly Pick<Reference, 'name' | 'file'>[]) {
    super(scope, id);
    const files = references.map(({ name, file }) => ({
      name,
      asset: new Asset(this, name, { path: fileURLToPath(new URL(file, referenceFolder)) }),
    }));
    this.assets = files.map(({ asset }) => asset);
    this.argument = files.map(({ name, asset }) => `${name}=${asset.s3ObjectUrl}`).join(',');
  }
}
