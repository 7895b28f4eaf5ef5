import { describe, expect, test } from 'vitest';
import { auditExit, npmAnswer, pipAnswer } from '../../bin/setup/advisories.js';

describe('npm audit', () => {
  test('knows of nothing', () => {
    expect(npmAnswer('{"auditReportVersion":2,"vulnerabilities":{}}')).toEqual({
      verdict: 'clean',
      lines: [],
    });
  });

  test('tells each advisory, or the package that brings it', () => {
    // Prepare
    const report = {
      vulnerabilities: {
        left: {
          name: 'left',
          severity: 'high',
          range: '<2',
          via: [{ title: 'Loops', url: 'https://example.org/1' }],
        },
        right: { name: 'right', severity: 'high', range: '*', via: ['left'] },
      },
    };

    // Act
    const { verdict, lines } = npmAnswer(JSON.stringify(report));

    // Assess
    expect(verdict).toBe('found');
    expect(lines).toEqual(['left <2 (high): Loops https://example.org/1', 'right * (high): through left']);
  });

  test.each([
    [
      'a registry that does not take the question',
      '{"message":"405 at https://npm.example","statusCode":405,"error":{}}',
    ],
    ['no report at all', ''],
    ['a page in place of a report', '<html></html>'],
  ])('is not taken for clean: %s', (_, text) => {
    // Act
    const { verdict, lines } = npmAnswer(text);

    // Assess
    expect(verdict).toBe('unanswered');
    expect(lines.join()).not.toContain('npm.example');
  });
});

describe('pip-audit', () => {
  const clean = { name: 'left', version: '1', vulns: [] };
  const skipped = { name: 'right', version: '1', skip_reason: 'Dependency not found on PyPI' };
  const found = { name: 'left', version: '1', vulns: [{ id: 'PYSEC-1', fix_versions: ['2'] }] };

  test.each([
    ['clean', [clean]],
    ['unanswered', [clean, skipped]],
    ['unanswered', []],
    ['found', [found, skipped]],
  ])('is %s', (verdict, dependencies) => {
    expect(pipAnswer(JSON.stringify({ dependencies })).verdict).toBe(verdict);
  });

  test('says what mends an advisory', () => {
    expect(pipAnswer(JSON.stringify({ dependencies: [found] })).lines).toEqual([
      'left 1: PYSEC-1, mended in 2',
    ]);
  });

  test('without a report is no answer', () => {
    expect(pipAnswer('').verdict).toBe('unanswered');
  });
});

test.each([
  [['clean', 'clean'], 0, 0],
  [['clean', 'unanswered'], 0, 1],
  [['found', 'unanswered'], 1, 1],
])('%j exits with %i, and with %i where an answer is required', (verdicts, usual, required) => {
  expect(auditExit(verdicts, { required: false })).toBe(usual);
  expect(auditExit(verdicts, { required: true })).toBe(required);
});
