import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { commands } from '../../bin/setup/commands.js';
import { parts } from '../../bin/setup/parts.js';
import { stageSettings } from '../../lib/stage-settings.ts';
import { type StageName, stageOf } from '../../lib/stages.ts';
import { root, textOf } from './workflow.ts';

const path = join('docs', 'deploy.md');
const text = textOf(path);

/** Contents of the fenced blocks of a language; '' is none. */
function blocksOf(language: string): string[] {
  const blocks: { language: string; lines: string[] }[] = [];
  let open = false;
  for (const line of text.split('\n')) {
    const fence = /^ *```(\w*)$/.exec(line);
    if (fence === null) {
      if (open) blocks.at(-1)?.lines.push(line.trim());
      continue;
    }
    if (!open) blocks.push({ language: fence[1] ?? '', lines: [] });
    open = !open;
  }
  return blocks.filter((block) => block.language === language).map(({ lines }) => lines.join('\n'));
}

/** Commands, a continued one as one. */
const shown = blocksOf('').flatMap((block) => block.replaceAll('\\\n', '').split('\n'));

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

describe('the guide of the deploy', () => {
  test('shows commands that there are', () => {
    // Prepare
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const known: Readonly<Record<string, (word: string) => boolean>> = {
      'npx millrace': (word) => Object.hasOwn(commands, word),
      'npx cdk': (word) => ['bootstrap', 'deploy', 'diff', 'list', 'synth'].includes(word),
      'npm run': (word) => scripts[word] !== undefined,
      aws: (word) => ['ce', 'cloudformation'].includes(word),
    };

    // Act
    const unknown = shown.filter((line) => {
      const [, program = '', word = ''] = /^(npx millrace|npx cdk|npm run|aws) (\S+)/.exec(line) ?? [];
      return known[program]?.(word) !== true;
    });

    // Assess
    expect(shown.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  test('sets up parts that there are', () => {
    // Prepare
    const names = parts.map(({ name }: { name: string }) => name);

    // Act
    const asked = shown.flatMap((line) => /^npx millrace setup (.+)$/.exec(line)?.[1]?.split(' ') ?? []);

    // Assess
    expect(asked.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('leads to files and headings that there are', () => {
    // Prepare
    const links = [...text.matchAll(/\]\(([^)]*)\)/g)].map(([, link = '']) => link.split('#'));

    // Act
    const broken = links.filter(([file = '', anchor]) => {
      const target = resolve(root, dirname(path), file === '' ? 'deploy.md' : file);
      if (!existsSync(target)) return true;
      if (anchor === undefined) return false;
      const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)];
      return !headings.some(([, heading = '']) => anchorOf(heading) === anchor);
    });

    // Assess
    expect(links.length).toBeGreaterThan(20);
    expect(broken.map((link) => link.join('#'))).toEqual([]);
  });

  test('writes settings that a stage takes', () => {
    // Prepare
    // What is written there is YAML too.
    const snippets = blocksOf('ts').map(
      (block) => parse(`{${block.replaceAll(/^\/\/.*$/gm, '')}}`) as Record<string, Record<string, unknown>>,
    );
    const { name: _, ...prod } = stageOf('prod' satisfies StageName);

    // Act
    const results = snippets.map((snippet) =>
      stageSettings.safeParse({
        ...prod,
        ...snippet,
        ...(snippet.jobs === undefined ? {} : { jobs: { ...prod.jobs, ...snippet.jobs } }),
      }),
    );

    // Assess
    expect(snippets.length).toBe(2);
    expect(results.flatMap(({ error }) => error?.issues ?? [])).toEqual([]);
  });
});
