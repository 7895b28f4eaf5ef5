import { describe, expect, test } from 'vitest';
import { diffComment } from '../../.github/diff-comment.js';

describe('the comment of a diff', () => {
  test('shows what is lost first, and all of the diff folded away', () => {
    // Prepare
    const text = [
      'Stack Lake (millrace-dev-lake)',
      'Resources',
      '[-] AWS::S3::Bucket Bronze destroy',
      '[~] AWS::Glue::Job Silver Silver2C3A replace',
      ' └─ [~] Name (requires replacement)',
      '[+] AWS::S3::Bucket Bronze2 Bronze2',
    ].join('\n');

    // Act
    const comment = diffComment([{ stage: 'dev', text }]);

    // Assess
    const [warning = '', rest = ''] = comment.split('<details>');
    expect(warning).toContain('### dev');
    expect(warning).toContain('Bronze destroy');
    expect(warning).toContain('Silver2C3A replace');
    expect(warning).not.toContain('Bronze2');
    expect(rest).toContain(text);
  });

  test('says nothing of loss where there is none', () => {
    // Act
    const comment = diffComment([{ stage: 'dev', text: 'There were no differences' }]);

    // Assess
    expect(comment).not.toContain('Destroyed');
  });

  test('cannot be closed by the text that it holds', () => {
    // Prepare
    const text = 'Description: ```` </details> ```';

    // Act
    const comment = diffComment([{ stage: 'dev', text }]);

    // Assess
    expect(comment).toContain(`\n\`\`\`\`\`\n${text}\n\`\`\`\`\`\n`);
  });

  test('is cut by whole lines where GitHub would refuse it, and says so', () => {
    // Prepare
    const line = `[-] AWS::Glue::Table ${'x'.repeat(60)} destroy`;
    const text = Array.from({ length: 3000 }, () => line).join('\n');

    // Act
    const comment = diffComment(['dev', 'staging', 'prod'].map((stage) => ({ stage, text })));

    // Assess
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toMatch(/\n\.\.\. \d+ more lines: they are in the log of the job/);
  });

  test('without a diff says where to look', () => {
    // Act
    const comment = diffComment([]);

    // Assess
    expect(comment).toContain('No stage could be compared');
  });
});
