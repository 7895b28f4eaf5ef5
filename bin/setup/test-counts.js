/** Counts of passed and failed tests, out of the reports of vitest (JSON) and of pytest (JUnit XML). */

/** A test file that cannot be loaded has no tests; it counts as one failed. */
export function vitestCounts(text) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(text);
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}

export function pytestCounts(text) {
  const suites = [...text.matchAll(/<testsuite\s[^>]*>/g)].map(([tag]) => {
    const count = (name) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
    const failed = count('failures') + count('errors');
    return { passed: count('tests') - failed - count('skipped'), failed };
  });
  const sum = (key) => suites.reduce((total, suite) => total + suite[key], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}
