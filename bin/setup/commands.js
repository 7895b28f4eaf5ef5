/** The commands: what each does, in a line, and which parts of the set-up it needs. */
const everything = ['node_modules', 'python', 'minio', 'jars-kafka', 'jars-local', 'jars-aws'];

/**
 * @typedef {object} Command
 * @property {string} usage
 * @property {string} summary
 * @property {readonly string[]} needs parts of the set-up
 * @property {true} [plain] runs on the Node.js at hand, with nothing installed
 */

/** @type {Readonly<Record<string, Command>>} */
export const commands = {
  demo: {
    usage: 'demo [--events N] [--seed S] [--dataset NAME] [--keep] [--json FILE]',
    summary: 'one week of events from Kafka to the exact p95, audited, and everything stopped again',
    needs: everything,
  },
  doctor: {
    usage: 'doctor [--json]',
    summary: 'what this machine lacks, and how to get it',
    needs: [],
    plain: true,
  },
  up: {
    usage: 'up',
    summary: 'start the services, make the resources of the templates, start the jobs',
    needs: everything,
  },
  down: {
    usage: 'down [--purge]',
    summary: 'stop everything; --purge deletes the data too',
    needs: ['node_modules'],
  },
  status: {
    usage: 'status [--json]',
    summary: 'what runs, where, and how far it is',
    needs: ['node_modules'],
  },
  produce: {
    usage: 'produce DATASET [--events N] [--rate R] [--seed S] [--file F]',
    summary: 'send made events, or the lines of a file, to the dataset',
    needs: ['node_modules'],
  },
  audit: {
    usage: 'audit [--wait SECONDS] [--json]',
    summary: 'account for every Kafka position: lost, duplicated, disagreed',
    needs: ['node_modules'],
  },
  query: {
    usage: 'query NAME|SQL [--format table|csv|json] [--stage STAGE]',
    summary: 'run a named query, or any, in Athena',
    needs: ['node_modules'],
  },
  datasets: {
    usage: 'datasets [--json]',
    summary: 'the datasets and what is declared of each',
    needs: ['node_modules'],
  },
  logs: {
    usage: 'logs [PART] [--follow] [--lines N]',
    summary: 'the log of a service, a function or a job',
    needs: ['node_modules'],
  },
  setup: {
    usage: 'setup [PART...]',
    summary: 'do the set-up now, as any command that needs it would',
    needs: [],
    plain: true,
  },
  cache: {
    usage: 'cache [--purge]',
    summary: "where the set-up's downloads lie; --purge deletes them",
    needs: [],
    plain: true,
  },
};

/** What `millrace --help` prints. */
export function helpText() {
  const rows = Object.values(commands).map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
  return `usage: millrace COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\n  COMMAND --help says more; a command first does the set-up that is missing.\n`;
}
