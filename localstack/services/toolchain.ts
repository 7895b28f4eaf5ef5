/** Paths of the programs that the local run is made of; set-up finds or builds them. */
export interface Toolchain {
  /** Node 24. */
  readonly node: string;
  /** Python of the project's virtual environment. */
  readonly python: string;
  /** JAVA_HOME of a JDK 17. */
  readonly java: string;
  readonly minio: string;
  /** Folder with the broker's jars. */
  readonly jarsKafka: string;
  /** Folder with the jars that Glue brings on AWS: Iceberg, the Kafka connector, S3A. */
  readonly jarsSpark: string;
}
