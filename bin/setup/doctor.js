/** The `doctor` command: what the machine has, what the set-up has made. Needs nothing installed. */
import { cacheFolder } from './cache.js';
import { parts, partsNamed } from './parts.js';
import { prerequisites } from './prerequisites.js';

const systems = { debian: 'Debian, Ubuntu', fedora: 'Fedora', macos: 'macOS' };

/** What was found, as data. `ok` is false where something is missing that is still needed. */
export function examine() {
  const states = parts.map((part) => {
    const ready = part.isReady();
    return {
      name: part.name,
      ready,
      place: ready ? part.place() : '',
      optional: part.optional !== undefined,
    };
  });
  const unready = new Set(
    states.filter(({ ready, optional }) => !ready && !optional).map(({ name }) => name),
  );
  const checks = prerequisites.map(({ name, title, needed, purpose, check, hints, adviceOnly }) => {
    // Maven and Go only make parts; a part that is there needs neither.
    const makes = parts.filter((part) => part.prerequisites.includes(name));
    const onlyMakes = ['maven', 'go', 'npm'].includes(name);
    const required = adviceOnly !== true && !(onlyMakes && makes.every((part) => !unready.has(part.name)));
    return { name, title, needed, purpose, ...check(), required, hints };
  });
  return {
    ok: checks.every(({ ok, required }) => ok || !required),
    checks,
    parts: states,
    cache: cacheFolder(),
  };
}

function lines({ ok, checks, parts: states, cache }) {
  const out = ['Prerequisites'];
  for (const { title, needed, purpose, found, required, hints, ...check } of checks) {
    const mark = check.ok ? 'ok      ' : required ? 'MISSING ' : 'advice  ';
    out.push(`  ${mark} ${title.padEnd(17)} ${`needs ${needed}`.padEnd(18)} ${found}`);
    if (check.ok) continue;
    out.push(`             ${purpose}${required ? '' : '; not needed now'}`);
    const hintLines = Object.entries(systems).map(
      ([system, label]) => `${label.padEnd(15)} ${hints[system]}`,
    );
    const same = new Set(Object.values(hints)).size === 1;
    for (const hint of same ? [hints.debian] : hintLines) out.push(`             ${hint}`);
  }
  out.push('', `Set-up (made when a command first needs it; in ${cache})`);
  for (const { name, ready, place, optional } of states) {
    const use = optional && !ready ? `only for ${partsNamed([name])[0].optional}` : place;
    out.push(`  ${ready ? 'ready   ' : 'not yet '} ${name.padEnd(13)} ${use}`);
  }
  out.push('', ok ? 'Everything needed is there.' : 'Something is missing: see above.');
  return out;
}

/** Returns the exit code: 1 where something is missing. */
export function doctorCommand(words) {
  const unknown = words.find((word) => word !== '--json');
  if (unknown !== undefined) {
    process.stderr.write(`error: unknown option '${unknown}'\nusage: millrace doctor [--json]\n`);
    return 2;
  }
  const found = examine();
  const text = words.includes('--json') ? JSON.stringify(found, undefined, 2) : lines(found).join('\n');
  process.stdout.write(`${text}\n`);
  return found.ok ? 0 : 1;
}
