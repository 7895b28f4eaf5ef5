import { arn, physicalUuid } from './naming.ts';
import { reader } from './properties.ts';
import type { Provider } from './resource.ts';

/** AWS::MSK::Cluster: its ARN; the broker is the local one, which GetBootstrapBrokers names. */
export const mskCluster: Provider = {
  needs: [],
  async create(context, properties, logicalId) {
    const name = reader(properties, logicalId).text('ClusterName');
    // MSK ends the UUID of an ARN with a small number.
    const id = arn(context, 'kafka', `cluster/${name}/${physicalUuid(context.stack.name, logicalId)}-1`);
    return { id, attributes: { Arn: id, CurrentVersion: 'LOCAL' } };
  },
};
