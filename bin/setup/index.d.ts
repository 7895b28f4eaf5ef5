export type PartName =
  | 'node_modules'
  | 'python'
  | 'minio'
  | 'jars-kafka'
  | 'jars-local'
  | 'jars-aws'
  | 'spark-classes'
  | 'trino'
  | 'localstack'
  | 'checks';

/** Makes those of the named parts that are missing, side by side, saying so on stderr; quick where none is. */
export function ensure(names: readonly PartName[]): Promise<void>;
