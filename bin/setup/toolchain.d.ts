/** Where the set-up has put things. Reading a part that is missing throws MR311. */
export interface Toolchain {
  /** File: the project's own Node.js 24. */
  readonly node: string;
  /** File: the interpreter of the environment of localstack/python/requirements.txt. Start programs with `-m`. */
  readonly python: string;
  /** Folder: JAVA_HOME of a JDK 17 or 21. */
  readonly java: string;
  /** File: the MinIO server. */
  readonly minio: string;
  /** Folder of the jars of localstack/services/kafka/pom.xml. */
  readonly jarsKafka: string;
  /** Folder of the jars of glue-jobs/jars/local/pom.xml. */
  readonly jarsSpark: string;
  /** Class path that begins Spark's: the jars of `jarsSpark`, then Spark's own. */
  readonly sparkClassPath: string;
  /** File: Java's archive of the classes of `sparkClassPath` that Spark loads. */
  readonly sparkClasses: string;
  /** Folder of the jars of glue-jobs/jars/aws/pom.xml. */
  readonly jarsAws: string;
  /** Folder of the Trino server: `lib`, `plugin`. */
  readonly trino: string;
  /** File: the interpreter of the environment of localstack/python/localstack.txt. */
  readonly localstack: string;
  /** File: the interpreter of the environment of bin/setup/checks/requirements.txt. */
  readonly checks: string;
  /** Folder: JAVA_HOME of a Java that runs Trino. */
  readonly trinoJava: string;
}

export function readToolchain(): Toolchain;
