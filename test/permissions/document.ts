/** docs/permissions.md: the table of roles, as people read it. */
import type { Need } from './needs.ts';
import { type RoleKind, roleKinds } from './roles.ts';

const head = `# Permissions

Every role of a stage, what it may do, on what, and what needs that. Each role has one inline policy, which allows this and
nothing else: a test holds the policies of the templates to this table, and the table to the calls in the code, both ways
(test/permissions). This file is made of it by \`npm run docs\`.

Names stand for what differs: \`STAGE\`, \`DATASET\`, \`SOURCE\` (a REST source), \`TOPIC\` and \`PUBLISHED\` (topics that the
dataset is read from and publishes to), \`DATABASE\`, \`SILVER\`, \`REJECTED\`, \`BRONZE\`, \`QUARANTINE\`, \`WINDOW\`, \`GOLD\` (tables),
\`Bronze\`, \`Lake\`, \`Quarantine\`, \`State\`, \`Results\`, \`Failures\` (buckets, with the prefix behind them), \`KEY\` (the stage's
key), \`CLUSTER\`, \`ASSET\` (a file of this deployment). An ARN is written without partition, region and account. What
is needed on a condition is allowed on that condition alone.
`;

const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``;
const cell = (values: readonly string[]) => values.map(code).join('<br>');

function row({ actions, on, by, call, only }: Need): string {
  const why = `${call === undefined ? by : `call ${code(call)}`}${only === undefined ? '' : ` (${only.text})`}`;
  return `| ${cell(actions)} | ${cell(on)} | ${why} |`;
}

function section(kind: RoleKind): string {
  const runs =
    kind.code === undefined
      ? ''
      : `Runs \`${'function' in kind.code ? kind.code.function : `glue-jobs/${kind.code.job}.py`}\`. `;
  const rows = [...new Set(kind.needs.filter(({ on }) => on.length > 0).map(row))];
  return [
    `## ${kind.title}`,
    '',
    `${runs}Taken by ${kind.trust.map(code).join(' or ')}.`,
    '',
    '| Actions | On | What needs it |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

export function permissionsDocument(): string {
  return `${head}\n${roleKinds.map(section).join('\n')}`;
}
