import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parts } from '../../bin/setup/parts.js';
import { filesOf, type Job, type Permissions, placedSteps, root, textOf, workflows } from './workflow.ts';

/** What the token of each job may do, and no more. `id-token`: it may ask AWS for a role. */
const permissionsOfJobs: Readonly<Record<string, Permissions>> = {
  'ci.yml check': { contents: 'read' },
  'ci.yml audit': { contents: 'read' },
  'ci.yml test': { contents: 'read' },
  'diff.yml synth': { contents: 'read' },
  'diff.yml diff': { contents: 'read', 'id-token': 'write' },
  // Writes the comment.
  'diff.yml comment': { contents: 'read', 'pull-requests': 'write' },
  'deploy.yml ci': { contents: 'read' },
  // What the jobs of the workflow that it calls need together.
  'deploy.yml dev': { actions: 'read', contents: 'read', 'id-token': 'write' },
  'deploy.yml staging': { actions: 'read', contents: 'read', 'id-token': 'write' },
  'deploy.yml prod': { actions: 'read', contents: 'read', 'id-token': 'write' },
  // Reads the rules of the environment.
  'deploy-stage.yml synth': { actions: 'read', contents: 'read' },
  'deploy-stage.yml deploy': { contents: 'read', 'id-token': 'write' },
};

/** All that a job with a role may run: no code of the project, nor scripts of its packages. */
const ofTheCli = [/^npm ci --ignore-scripts$/, /^(mkdir diffs|set -o pipefail|node_modules\/\.bin\/cdk )/];

const all = workflows();
const jobs: readonly (readonly [string, Job])[] = Object.entries(all).flatMap(([file, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => [`${file} ${name}`, job] as const),
);
const withRole = jobs.filter(
  ([, { permissions, steps }]) => steps !== undefined && permissions?.['id-token'] === 'write',
);
const runs = placedSteps().flatMap(({ where, step }) =>
  step.run === undefined ? [] : [{ where, run: step.run }],
);
const uses = placedSteps().flatMap(({ where, step }) =>
  step.uses === undefined ? [] : [{ where, uses: step.uses }],
);

/** Commands of a script: its lines, a continued one as one, without what only pipes on. */
function commandsOf(script: string): string[] {
  return script
    .replaceAll(/[|\\]\n\s*/g, '| ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

describe('workflows', () => {
  test('give each job the permissions it needs, and the whole workflow none', () => {
    // Prepare
    const wholes = Object.values(all).map(({ permissions }) => permissions);

    // Act
    const given = Object.fromEntries(jobs.map(([name, { permissions }]) => [name, permissions]));

    // Assess
    expect(wholes).toEqual(wholes.map(() => ({})));
    expect(given).toEqual(permissionsOfJobs);
  });

  test('name no secret, and take no input into a script but through its environment', () => {
    // Prepare
    const texts = filesOf('.github').map(textOf).join('\n');

    // Act
    const secrets = [...texts.matchAll(/secrets\.(\w+)|secrets:\s*inherit/g)].map(([whole]) => whole);
    const injected = runs.filter(({ run }) => run.includes('${{'));

    // Assess
    expect(secrets.filter((name) => name !== 'secrets.GITHUB_TOKEN')).toEqual([]);
    expect(injected).toEqual([]);
    expect(texts).not.toMatch(/aws-access-key-id|aws-secret-access-key/);
  });

  test('run for what is pushed to main and for pull requests as GitHub confines them', () => {
    // Act
    const events = Object.fromEntries(Object.entries(all).map(([file, { on }]) => [file, Object.keys(on)]));

    // Assess
    expect(events).toEqual({
      'ci.yml': ['pull_request', 'workflow_call'],
      'diff.yml': ['pull_request'],
      'deploy.yml': ['push', 'workflow_dispatch'],
      'deploy-stage.yml': ['workflow_call'],
    });
    expect(all['deploy.yml']?.on.push).toEqual({ branches: ['main'] });
  });

  test('pin each action of others by its commit, the same everywhere, with its version beside it', () => {
    // Prepare
    const lines = filesOf('.github').flatMap((path) => textOf(path).split('\n'));
    const foreign = uses.filter(({ uses: name }) => !name.startsWith('./'));

    // Act
    const pinned = lines.flatMap(
      (line) => /uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/.exec(line)?.slice(1) ?? [],
    );
    const pins = new Map<string, Set<string>>();
    for (let at = 0; at < pinned.length; at += 3) {
      const [name = '', commit, version] = pinned.slice(at, at + 3);
      pins.set(name, (pins.get(name) ?? new Set()).add(`${commit} ${version}`));
    }

    // Assess
    expect(pinned.length / 3).toBe(foreign.length);
    expect([...pins].filter(([, commits]) => commits.size > 1)).toEqual([]);
  });

  test('name scripts, programs and files that exist', () => {
    // Prepare
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const text = runs.map(({ run }) => run).join('\n');
    const called = [...jobs.map(([, job]) => job.uses), ...uses.map(({ uses: name }) => name)];

    // Act
    const npm = [...text.matchAll(/npm (?:run )?([\w:-]+)/g)].flatMap(([, name = '']) => name);
    const files = [
      ...[...text.matchAll(/\b(?:node|bash) ([\w./-]+)/g)].map(([, path = '']) => path),
      ...[...text.matchAll(/node_modules\/\.bin\/[\w-]+/g)].map(([path]) => path),
      ...called.flatMap((name) => (name?.startsWith('./') ? [name] : [])),
    ];

    // Assess
    expect(npm.length).toBeGreaterThan(5);
    expect(npm.filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([]);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('set up parts that exist', () => {
    // Prepare
    const known = parts.map(({ name }: { name: string }) => name);

    // Act
    const asked = placedSteps().flatMap(({ step }) =>
      step.uses === './.github/actions/prepare'
        ? `${step.with?.parts ?? ''}`.replaceAll(/\$\{\{.*?\}\}/g, '').split(' ')
        : [],
    );

    // Assess
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((word) => /^\w/.test(word) && !known.includes(word))).toEqual([]);
  });

  test('stop by themselves, and keep no token in the clone', () => {
    // Prepare
    const clones = placedSteps().filter(({ step }) => step.uses?.startsWith('actions/checkout@'));

    // Act
    const endless = jobs.filter(([, job]) => job.steps !== undefined && !((job['timeout-minutes'] ?? 0) > 0));
    const keeping = clones.filter(({ step }) => step.with?.['persist-credentials'] !== false);

    // Assess
    expect(clones.length).toBeGreaterThan(5);
    expect(endless).toEqual([]);
    expect(keeping).toEqual([]);
  });
});

describe('jobs that may take a role', () => {
  test('are the diff and the deploy alone, and run the CDK CLI over an assembly made without one', () => {
    // Act
    const commands = withRole.flatMap(([, { steps = [] }]) =>
      steps.flatMap(({ run = '' }) => commandsOf(run)),
    );

    // Assess
    expect(withRole.map(([name]) => name)).toEqual(['deploy-stage.yml deploy', 'diff.yml diff']);
    expect(commands.filter((command) => !ofTheCli.some((form) => form.test(command)))).toEqual([]);
    expect(
      commands
        .filter((command) => command.includes('cdk '))
        .every((command) => / --app ("synth\/\$STAGE"|assembly) /.test(command)),
    ).toBe(true);
    expect(
      withRole.flatMap(([, { steps = [] }]) => steps).some(({ uses: name }) => name?.startsWith('./')),
    ).toBe(false);
  });

  test('of a deploy stand in the environment of their stage, one at a time, never cut off', () => {
    // Prepare
    const stage = `\${{ inputs.stage }}`;

    // Act
    const deploy = all['deploy-stage.yml']?.jobs.deploy;

    // Assess
    expect(deploy?.environment).toBe(stage);
    expect(deploy?.concurrency).toEqual({ group: `deploy-${stage}`, 'cancel-in-progress': false });
  });

  test('of a diff are not for forks, and run nothing that the change brings', () => {
    // Prepare
    const { synth, diff } = all['diff.yml']?.jobs ?? {};

    // Act
    const clone = diff?.steps?.find(({ uses: name }) => name?.startsWith('actions/checkout@'));

    // Assess
    expect(synth?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(clone?.with?.ref).toBe(`\${{ github.event.pull_request.base.sha }}`);
  });
});
