import { BucketAlreadyOwnedByYou, CreateBucketCommand } from '@aws-sdk/client-s3';
import { physicalName } from './naming.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** AWS::S3::Bucket: only the bucket; encryption, policies, versions and lifecycle guard what is not local. */
export const bucket: Provider = {
  needs: ['s3'],
  async create(context, properties, logicalId) {
    const name =
      reader(properties, logicalId).optionalText('BucketName') ?? physicalName(context.stack.name, logicalId);
    try {
      await context.clients.s3.send(new CreateBucketCommand({ Bucket: name }));
    } catch (error) {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    }
    const { partition, region } = context.local;
    return {
      id: name,
      attributes: {
        Arn: `arn:${partition}:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
      },
    };
  },
};
