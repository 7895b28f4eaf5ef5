/**
 * What npm and pip-audit answer about advisories, read. A registry that does not answer the question is told apart from
 * one that knows of nothing: neither tool does so by its exit code.
 */

/**
 * @typedef {object} Answer
 * @property {'clean' | 'found' | 'unanswered'} verdict
 * @property {string[]} lines one for each advisory, or why there is no answer
 */

/** @returns {Answer} */
function unanswered(why) {
  return { verdict: 'unanswered', lines: [why] };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The answer of `npm audit --json`. @param {string} text its output @returns {Answer} */
export function npmAnswer(text) {
  const report = parsed(text);
  const vulnerabilities = report?.vulnerabilities;
  if (vulnerabilities === undefined || report.error !== undefined) {
    // Its message would name the registry, which is nobody's business in a log.
    const status = report?.statusCode === undefined ? 'no report' : `HTTP ${report.statusCode}`;
    return unanswered(`the npm registry does not answer what advisories there are (${status})`);
  }
  const lines = Object.values(vulnerabilities).map(({ name, severity, range, via = [] }) => {
    const titles = via.flatMap((one) => (one.title === undefined ? [] : [`${one.title} ${one.url ?? ''}`]));
    return `${name} ${range} (${severity}): ${titles.join('; ') || `through ${via.join(', ')}`}`;
  });
  return { verdict: lines.length > 0 ? 'found' : 'clean', lines };
}

/** The answer of `pip-audit --format json`. @param {string} text its output @returns {Answer} */
export function pipAnswer(text) {
  const dependencies = parsed(text)?.dependencies;
  if (dependencies === undefined) return unanswered('pip-audit gave no report');
  const lines = dependencies.flatMap(({ name, version, vulns = [] }) =>
    vulns.map(({ id, fix_versions: mended = [] }) => {
      const mend = mended.length > 0 ? `mended in ${mended.join(', ')}` : 'no version mends it yet';
      return `${name} ${version}: ${id}, ${mend}`;
    }),
  );
  if (lines.length > 0) return { verdict: 'found', lines };
  const skipped = dependencies.filter((each) => each.skip_reason !== undefined);
  if (skipped.length > 0 || dependencies.length === 0)
    return unanswered(`the index does not answer for ${skipped.length} of ${dependencies.length} packages`);
  return { verdict: 'clean', lines: [] };
}

/** Exit code of all answers together: an answer that is missing fails only where one is required. */
export function auditExit(verdicts, { required }) {
  if (verdicts.includes('found')) return 1;
  return required && verdicts.includes('unanswered') ? 1 : 0;
}
