import { describe, expect, it } from 'vitest';
import { pytestCounts, vitestCounts } from '../../bin/setup/test-counts.js';

describe('counts', () => {
  it('of vitest take a file that cannot be loaded as one that failed', () => {
    // Prepare
    const report = {
      numPassedTests: 7,
      numFailedTests: 1,
      testResults: [
        { status: 'passed', assertionResults: [{}] },
        { status: 'failed', assertionResults: [{}] },
        { status: 'failed', assertionResults: [] },
      ],
    };

    // Act
    const counts = vitestCounts(JSON.stringify(report));

    // Assess
    expect(counts).toEqual({ passed: 7, failed: 2 });
  });

  it('of pytest take errors as failed and skipped ones as neither', () => {
    // Prepare
    const report =
      '<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.5">' +
      '<testcase classname="a" name="tests=&quot;5&quot;"/></testsuite></testsuites>';

    // Act
    const counts = pytestCounts(report);

    // Assess
    expect(counts).toEqual({ passed: 4, failed: 3 });
  });
});
