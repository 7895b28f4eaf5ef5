/**
 * A proxy in front of an HTTP service: passes everything on as it comes, but what a trap matches. Requests are signed
 * for the host that the client named, so the host header stays.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a trap sees it. */
export interface Asked {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The operation, of services that take it from the header `x-amz-target`; else ''. */
  readonly operation: string;
  readonly body: Buffer;
}

/** What becomes of a request; in this order. */
export interface Deed {
  /** Waited for before the request is passed on. */
  readonly before?: () => Promise<void>;
  /** Given in place of the service's answer; the service never hears of the request. */
  readonly answer?: { readonly status: number; readonly body: string };
  /** `before`: the connection is cut and the service hears nothing. `after`: it has done it, and its answer is lost. */
  readonly cut?: 'before' | 'after';
  /** Waited for when the service has done it, before its answer is passed on. */
  readonly after?: () => Promise<void>;
}

export interface TrapOptions {
  readonly when: (asked: Asked) => boolean;
  readonly deed: Deed | ((asked: Asked) => Deed | undefined);
  /** How many requests it catches before it is spent. @default all, until it is removed */
  readonly times?: number;
}

export interface Trap {
  readonly hits: number;
  /** Resolves with the first request that was caught, when its deed begins. */
  readonly sprung: Promise<Asked>;
  remove(): void;
}

export interface FaultProxy {
  readonly endpoint: string;
  set(options: TrapOptions): Trap;
  clear(): void;
  close(): Promise<void>;
}

interface SetTrap {
  readonly options: TrapOptions;
  hits: number;
  readonly sprung: PromiseWithResolvers<Asked>;
}

const headersOf = (raw: readonly string[], without: readonly string[]): string[] => {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (!without.includes(name.toLowerCase())) kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
};

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function askedOf(request: IncomingMessage, body: Buffer): Asked {
  const url = new URL(request.url ?? '/', 'http://service');
  const target = request.headers['x-amz-target'];
  return {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    operation: typeof target === 'string' ? (target.split('.').at(-1) ?? '') : '',
    body,
  };
}

/** @param upstream URL of the service */
export async function startProxy(upstream: string, port = 0): Promise<FaultProxy> {
  const { hostname, port: upstreamPort } = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const traps = new Set<SetTrap>();

  const caught = (asked: Asked): Deed | undefined => {
    for (const trap of traps) {
      const { when, deed, times = Number.POSITIVE_INFINITY } = trap.options;
      if (!when(asked)) continue;
      const done = typeof deed === 'function' ? deed(asked) : deed;
      if (done === undefined) continue;
      trap.hits += 1;
      if (trap.hits >= times) traps.delete(trap);
      trap.sprung.resolve(asked);
      return done;
    }
    return undefined;
  };

  const passOn = (incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = headersOf(incoming.rawHeaders, [
        'expect',
        'connection',
        'transfer-encoding',
        'content-length',
      ]);
      if (body.length > 0 || incoming.headers['content-length'] !== undefined)
        headers.push('content-length', String(body.length));
      const { method = '', url = '/' } = incoming;
      const outgoing = send({ hostname, port: upstreamPort, method, path: url, headers, agent }, resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bytesOf(incoming);
    const deed = caught(askedOf(incoming, body)) ?? {};
    await deed.before?.();
    if (deed.cut === 'before') return void incoming.socket.destroy();
    if (deed.answer !== undefined) {
      const { status, body: text } = deed.answer;
      response.writeHead(status, {
        'content-type': text.startsWith('{') ? 'application/x-amz-json-1.1' : 'application/xml',
        'content-length': Buffer.byteLength(text),
        'x-amz-request-id': createHash('md5').update(text).digest('hex').slice(0, 16),
      });
      return void response.end(incoming.method === 'HEAD' ? undefined : text);
    }
    const answer = await passOn(incoming, body);
    if (deed.cut === 'after' || deed.after !== undefined) {
      // All of it: the service is through with the request.
      const whole = await bytesOf(answer);
      await deed.after?.();
      if (deed.cut === 'after') return void incoming.socket.destroy();
      response.writeHead(answer.statusCode ?? 502, headersOf(answer.rawHeaders, ['transfer-encoding']));
      return void response.end(whole);
    }
    response.writeHead(answer.statusCode ?? 502, headersOf(answer.rawHeaders, ['connection']));
    answer.pipe(response);
  };

  const server = createServer((incoming, response) => {
    // A client that was killed, or a service that is away: the connection ends, as it would without a proxy.
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (options) => {
      const trap: SetTrap = { options, hits: 0, sprung: Promise.withResolvers<Asked>() };
      traps.add(trap);
      return {
        get hits() {
          return trap.hits;
        },
        sprung: trap.sprung.promise,
        remove: () => void traps.delete(trap),
      };
    },
    clear: () => traps.clear(),
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
