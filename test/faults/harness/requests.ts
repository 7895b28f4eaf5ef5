import { prefixesOf } from '../../../lib/constructs/locations.ts';
import type { Lab } from './lab.ts';
import type { Asked } from './proxy.ts';

type When = (asked: Asked) => boolean;

const isPut = ({ method, query }: Asked): boolean => method === 'PUT' && !query.has('uploads');

/** Conditions on requests, by what they mean. */
export const isRequest = {
  /** An object of a bucket is written. */
  write: (lab: Lab, bucket: string): When => {
    const place = `/${lab.bucket(bucket)}/`;
    return (asked) => isPut(asked) && asked.path.startsWith(place);
  },
  /** Silver proves its lease, right before it commits. */
  fence: (lab: Lab): When => {
    const path = `/${lab.bucket('State')}/${prefixesOf(lab.dataset.manifest).progress}silver.json`;
    return (asked) => isPut(asked) && asked.path === path && asked.body.includes('"committing"');
  },
  /** A micro-batch's offsets are committed to the checkpoint. */
  checkpointCommit: (lab: Lab): When => {
    const place = `/${lab.bucket('State')}/${prefixesOf(lab.dataset.manifest).checkpoint}`;
    return (asked) => isPut(asked) && asked.path.startsWith(place) && /\/commits\/\d+$/.test(asked.path);
  },
  /** The catalog takes a new metadata file of silver: an Iceberg commit. */
  silverCommit: (lab: Lab): When => {
    const named = new RegExp(`"Name":\\s*"${lab.dataset.manifest.tables.silver}"`);
    return ({ operation, body }) => operation === 'UpdateTable' && named.test(body.toString());
  },
  /** Anything in a bucket. */
  inBucket: (lab: Lab, ...names: readonly string[]): When => {
    const places = names.map((name) => `/${lab.bucket(name)}`);
    return ({ path }) => places.some((place) => path === place || path.startsWith(`${place}/`));
  },
};
