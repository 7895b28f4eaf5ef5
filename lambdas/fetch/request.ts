import type { IncomingHttpHeaders } from 'node:http';
import got, { AbortError, MaxRedirectsError, type PlainResponse } from 'got';
import { parseJson } from '../../lib/contract/json-text.ts';
import { MillraceError } from '../../lib/errors.ts';
import { Passing } from './patience.ts';
import { askedWaitMs } from './waiting.ts';

export interface Answer {
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** What the body's JSON says. */
  readonly json: unknown;
}

export interface Asking {
  readonly headers: Readonly<Record<string, string>>;
  /** Of the whole request, its body included. */
  readonly timeoutMs: number;
  /** Of the secret, for the error that a refused one gives. */
  readonly secretName: string | undefined;
  readonly redact: (text: string) => string;
  nowMs(): number;
}

/** A page has some hundred records; more than this would not fit into the function. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Of an error answer's body, in a message. */
const MOST_TOLD = 200;

/** Whether a redirect stays where the secret belongs. */
function staysHere({ headers, url }: PlainResponse): boolean {
  if (headers.location === undefined || !URL.canParse(headers.location, url)) return false;
  return new URL(headers.location, url).origin === new URL(url).origin;
}

/**
 * Asks once.
 * @throws Passing: 429, 5xx, a time-out, a broken connection, a body that is cut or no JSON.
 *   MillraceError MR890: any other status, an answer beyond all measure
 */
export async function askOnce(url: URL, asking: Asking): Promise<Answer> {
  const { redact } = asking;
  const place = redact(url.href);
  const tooLarge = new AbortController();
  const asked = got(url, {
    headers: { accept: 'application/json', 'user-agent': 'millrace', ...asking.headers },
    timeout: { request: asking.timeoutMs },
    retry: { limit: 0 },
    throwHttpErrors: false,
    responseType: 'buffer',
    followRedirect: staysHere,
    signal: tooLarge.signal,
  });
  asked.on('downloadProgress', ({ transferred }) => {
    if (transferred > MOST_BYTES) tooLarge.abort();
  });
  // Errors of the client hold the whole request, secret included: none is passed on.
  const { statusCode, headers, body } = await asked.catch((error: unknown) => {
    if (error instanceof AbortError) throw refused(place, `its answer has more than ${MOST_BYTES} bytes`);
    if (error instanceof MaxRedirectsError) throw refused(place, 'it redirects without end');
    throw new Passing(redact(error instanceof Error ? error.message : String(error)));
  });
  const bytes = Buffer.from(body);
  if (statusCode === 429 || statusCode >= 500) {
    const waitMs = askedWaitMs(headers, asking.nowMs());
    throw new Passing(`status ${statusCode}${told(bytes, redact)}`, waitMs);
  }
  if (statusCode < 200 || statusCode > 299) throw refusal(place, statusCode, bytes, asking);
  const read = parseJson(bytes);
  if ('fault' in read) throw new Passing(`status ${statusCode}, but its body is ${read.fault}`);
  return { headers, json: read.value };
}

function told(body: Buffer, redact: Asking['redact']): string {
  const text = redact(body.toString('utf8').replace(/\s+/g, ' ').trim());
  return text === '' ? '' : `: ${text.length > MOST_TOLD ? `${text.slice(0, MOST_TOLD)}…` : text}`;
}

function refusal(place: string, status: number, body: Buffer, { secretName, redact }: Asking): MillraceError {
  if (status >= 300 && status < 400) {
    return refused(place, `status ${status}, a redirect to another host, which is not followed`);
  }
  const why = `status ${status}${told(body, redact)}`;
  if (status !== 401 && status !== 403) return refused(place, why);
  const mend =
    secretName === undefined
      ? 'the source has no secret: name one in its contract'
      : `see whether secret ${secretName} in Secrets Manager holds a key that the API takes`;
  return refused(place, why, mend);
}

function refused(
  place: string,
  why: string,
  mend = "see the API's documentation, and the source in the contract",
): MillraceError {
  return new MillraceError('MR890', `the API refuses the request: ${why}`, { where: place, mend });
}
