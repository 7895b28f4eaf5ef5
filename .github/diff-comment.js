/**
 * The comment of a pull request: node .github/diff-comment.js FOLDER, on stdout. FOLDER holds STAGE.txt files, what
 * `cdk diff` printed. Without dependencies: it runs before anything is installed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { argv, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

/** Characters; GitHub takes 65536. */
const longest = 60_000;

/** A fence that no line of the text can close. */
function fenced(text) {
  const ticks = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1;
  const fence = '`'.repeat(ticks);
  return `${fence}\n${text}\n${fence}`;
}

/** The first `length` characters, by whole lines, and how many lines are left out. */
function cut(text, length) {
  if (text.length <= length) return text;
  const end = Math.max(text.lastIndexOf('\n', length), 0);
  const rest = text.slice(end).split('\n').length - 1;
  return `${text.slice(0, end)}\n... ${rest} more lines: they are in the log of the job`;
}

/** Resources that the diff of a stage destroys or replaces: a reader must see them first. Lines as they stand. */
function losses(text) {
  return text
    .split('\n')
    .filter((line) => /^\[-\]\s|\b(destroy|replace|may be replaced|requires replacement)\b/.test(line));
}

/**
 * Markdown.
 *
 * @param {readonly { stage: string, text: string }[]} diffs what `cdk diff` printed, a stage each
 */
export function diffComment(diffs) {
  if (diffs.length === 0) return '## cdk diff\n\nNo stage could be compared: see the log of the job.\n';
  const share = Math.floor(longest / diffs.length);
  const parts = diffs.map(({ stage, text }) => {
    const lost = losses(text);
    const warning =
      lost.length === 0
        ? ''
        : `**Destroyed or replaced, where ${stage} is deployed:**\n\n${fenced(cut(lost.join('\n'), share / 4))}\n\n`;
    const body = fenced(cut(text.trim(), share / 2));
    return `### ${stage}\n\n${warning}<details><summary>All of it</summary>\n\n${body}\n\n</details>\n`;
  });
  return `## cdk diff\n\nTemplates against what is deployed.\n\n${parts.join('\n')}`;
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const [folder = '.'] = argv.slice(2);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort();
  const diffs = files.map((name) => ({
    stage: basename(name, '.txt'),
    text: readFileSync(join(folder, name), 'utf8'),
  }));
  stdout.write(diffComment(diffs));
}
