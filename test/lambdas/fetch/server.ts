import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What the server does with one request. */
export type Play = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that plays its script, one scene a request; the last scene is played on and on. */
export interface ScriptedServer {
  readonly url: string;
  /** Path and query of each request so far. */
  readonly asked: string[];
  readonly headers: IncomingMessage['headers'][];
  play(...scenes: Play[]): void;
  close(): Promise<void>;
}

export async function scriptedServer(): Promise<ScriptedServer> {
  let scenes: Play[] = [];
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    headers.push(request.headers);
    const scene = scenes.length > 1 ? scenes.shift() : scenes[0];
    if (scene === undefined) response.writeHead(500).end();
    else scene(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    headers,
    play: (...next) => {
      scenes = next;
      asked.length = 0;
      headers.length = 0;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers with a status and JSON. */
export function answer(body: unknown, status = 200, headers: Record<string, string> = {}): Play {
  return (_request, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Never answers. */
export const silence: Play = () => undefined;

/** Begins a body, and never ends it. */
export const drip: Play = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{"data":[');
};

/** Promises more than it sends, then hangs up. */
export const cut: Play = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"data":[');
  setTimeout(() => response.destroy(), 20);
};

/** Compressed, and cut in the middle where it is told to. */
export function zipped(body: unknown, whole = true): Play {
  const bytes = gzipSync(JSON.stringify(body));
  return (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(whole ? bytes : bytes.subarray(0, bytes.length >> 1));
  };
}

/** Sends without end. */
export const flood: Play = (_request, response) => {
  const chunk = Buffer.alloc(1 << 20, ' ');
  const more = (): void => {
    if (!response.destroyed && response.write(chunk)) setImmediate(more);
  };
  response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
  more();
};

/** Hangs up at once. */
export const hangUp: Play = (request) => {
  request.socket.destroy();
};
