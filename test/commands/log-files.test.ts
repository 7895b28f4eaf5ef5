import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLines, linesFrom, logFiles, logsOf } from '../../bin/command/log-files.ts';

describe('log files', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-logs-'));
    path = join(folder, 'kafka.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are those of the folder, by part; none where there is no folder', async () => {
    // Prepare
    for (const name of ['minio.log', 'kafka.log', 'state.json']) writeFileSync(join(folder, name), '');

    // Act
    const files = await logFiles(folder);
    const none = await logFiles(join(folder, 'absent'));

    // Assess
    expect(files.map(({ part }) => part)).toEqual(['kafka', 'minio']);
    expect(none).toEqual([]);
  });

  it.each([
    ['aws', ['aws']],
    ['land', ['function-land', 'poller-land']],
    ['function', ['function-land']],
  ])('of %j are %j', (part, wanted) => {
    // Prepare
    const files = ['aws', 'aws-2', 'function-land', 'poller-land'].map((each) => ({
      part: each,
      path: each,
    }));

    // Act
    const found = logsOf(part, files);

    // Assess
    expect(found.map((file) => file.part)).toEqual(wanted);
  });

  it('of an unknown part are an error that names those there are', () => {
    // Prepare
    const files = [{ part: 'kafka', path: 'kafka.log' }];

    // Act
    const search = () => logsOf('spark', files);

    // Assess
    expect(search).toThrow(expect.objectContaining({ code: 'MR490', mend: 'name one of: kafka' }));
  });

  it.each([
    ['', 5, [], 0],
    ['one\ntwo\nthree\n', 2, ['two', 'three'], 14],
    ['one\ntwo\nhal', 5, ['one', 'two'], 8],
    ['one\n\n', 1, [''], 5],
    ['one\n', 0, [], 4],
    ['hal', 3, [], 0],
  ])('%j ends, at most %i lines, with %j', async (content, count, lines, offset) => {
    // Prepare
    writeFileSync(path, content);

    // Act
    const reading = await lastLines(path, count);

    // Assess
    expect(reading).toEqual({ lines, offset });
  });

  it('are read on by whole lines, however they are written, and from the start when begun anew', async () => {
    // Prepare
    writeFileSync(path, 'one\ntw');
    const read: string[] = [];
    let offset = 0;
    const next = async () => {
      const reading = await linesFrom(path, offset);
      read.push(...reading.lines);
      offset = reading.offset;
    };

    // Act
    await next();
    await next();
    appendFileSync(path, 'o\n\nthree\n');
    await next();
    writeFileSync(path, 'anew\n');
    await next();

    // Assess
    expect(read).toEqual(['one', 'two', '', 'three', 'anew']);
  });

  it('give a line longer than a piece in pieces, and lose nothing', async () => {
    // Prepare
    const long = 'x'.repeat(150_000);
    writeFileSync(path, `${long}\nend\n`);
    const read: string[] = [];
    let offset = 0;

    // Act
    for (let turn = 0; turn < 4; turn += 1) {
      const reading = await linesFrom(path, offset);
      read.push(...reading.lines);
      offset = reading.offset;
    }

    // Assess
    expect(read.join('')).toBe(`${long}end`);
    expect(read.at(-1)).toBe('end');
  });
});
