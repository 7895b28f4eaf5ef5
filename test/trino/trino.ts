import { setTimeout as sleep } from 'node:timers/promises';
import { CATALOG } from '../../localstack/services/trino.ts';
import { type Answer, doubleText, momentText, plainType } from './answer.ts';

/** A page of the statement API; values are as in its JSON. */
interface Page {
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly data?: readonly (readonly unknown[])[];
  readonly nextUri?: string;
  readonly error?: { readonly errorName: string; readonly message: string };
}

function cellText(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null;
  // NaN and the infinities are texts in JSON.
  if (type === 'double' || type === 'real') return doubleText(Number(value));
  if (type === 'varbinary') return Buffer.from(String(value), 'base64').toString('hex');
  return type.startsWith('timestamp') ? momentText(String(value)) : String(value);
}

/** An integer beyond 2^53 stays its digits. */
function parsePage(text: string): Page {
  const exact = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source : value;
  return JSON.parse(text, exact) as Page;
}

/** On a machine that is out of breath, Trino misses its own heartbeats and takes its only node for dead a while. */
const BREATHLESS = 'NO_NODES_AVAILABLE';
const BREATHS = 5;
const BREATH_MS = 3_000;

/** Runs one statement. Rejects with Trino's own words where it fails. */
export async function askTrino(endpoint: string, database: string, sql: string): Promise<Answer> {
  for (let breath = 1; ; breath += 1) {
    try {
      return await askOnce(endpoint, database, sql);
    } catch (error) {
      if (breath === BREATHS || !String(error).includes(BREATHLESS)) throw error;
      await sleep(BREATH_MS);
    }
  }
}

async function askOnce(endpoint: string, database: string, sql: string): Promise<Answer> {
  const headers = {
    'X-Trino-User': 'referee',
    'X-Trino-Catalog': CATALOG,
    'X-Trino-Schema': database,
    'X-Trino-Time-Zone': 'UTC',
    // Without it, moments are rounded to milliseconds.
    'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
  };
  const rows: (readonly unknown[])[] = [];
  let columns: Page['columns'];
  let next: string | undefined = `${endpoint}/v1/statement`;
  for (let asked = sql; next !== undefined; asked = '') {
    const post = asked === '' ? { headers } : { headers, method: 'POST', body: asked };
    const response: Response = await fetch(next, post);
    if (!response.ok) throw new Error(`Trino answered ${response.status}: ${await response.text()}`);
    const page = parsePage(await response.text());
    if (page.error !== undefined) throw new Error(`${page.error.errorName}: ${page.error.message}\n${sql}`);
    columns ??= page.columns;
    rows.push(...(page.data ?? []));
    next = page.nextUri;
  }
  const named = (columns ?? []).map(({ name, type }) => ({ name, type: plainType(type) }));
  return {
    columns: named,
    rows: rows.map((row) => named.map(({ type }, at) => cellText(row[at], type))),
  };
}
