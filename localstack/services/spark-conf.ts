import { MillraceError } from '../../lib/errors.ts';

/**
 * Glue's `--conf`: one argument that chains many settings, `k=v --conf k2=v2`. A later one wins, as in Spark.
 *
 * @throws MR430 for a link that is no `key=value`
 */
export function parseConf(chain: string, where: string): Record<string, string> {
  const links = chain.split(/(?:^|\s)--conf\s+/).map((link) => link.trim());
  return Object.fromEntries(
    links
      .filter((link) => link !== '')
      .map((link) => {
        const equals = link.indexOf('=');
        if (equals < 1) {
          throw new MillraceError('MR430', `a --conf without key=value: ${link}`, {
            where,
            mend: 'Glue takes settings as `k=v --conf k2=v2` in the one argument --conf',
          });
        }
        return [link.slice(0, equals).trim(), link.slice(equals + 1).trim()];
      }),
  );
}

/** spark-defaults.conf, a Java properties file: backslashes and line ends in values are escaped. */
export function sparkDefaults(settings: Readonly<Record<string, string>>): string {
  const escaped = (value: string): string =>
    value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escaped(value)}\n`)
    .join('');
}

/** Spark's log: warnings, to stderr. */
export const SPARK_LOG4J = `rootLogger.level=warn
rootLogger.appenderRef.stderr.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.target=SYSTEM_ERR
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %c{1}: %m%n%ex
logger.hadoopnative.name=org.apache.hadoop.util.NativeCodeLoader
logger.hadoopnative.level=error
logger.session.name=org.apache.spark.sql.classic.SparkSession
logger.session.level=error
logger.plans.name=org.apache.spark.sql.catalyst.util.StringUtils
logger.plans.level=error
logger.metrics.name=org.apache.hadoop.metrics2
logger.metrics.level=error
`;
