import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../services/port.ts';
import { FunctionError } from './function-error.ts';

/** Lambda's API of invocations, as an AWS SDK speaks it: RequestResponse alone. */
export interface InvokeApi {
  /** URL. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

interface Invocable {
  invoke(event: unknown): Promise<unknown>;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

function refusal(status: number, type: string, message: string): Reply {
  return { status, headers: { 'x-amzn-errortype': type }, body: { Type: 'User', Message: message } };
}

async function reply(functions: ReadonlyMap<string, Invocable>, message: IncomingMessage): Promise<Reply> {
  const path = new URL(message.url ?? '/', 'http://localhost').pathname;
  const name =
    decodeURIComponent(PATH.exec(path)?.[1] ?? '')
      .split(':')
      .at(-1) ?? '';
  const target = functions.get(name);
  if (message.method !== 'POST' || target === undefined)
    return refusal(404, 'ResourceNotFoundException', `Function not found: ${name || path}`);
  if ((message.headers['x-amz-invocation-type'] ?? 'RequestResponse') !== 'RequestResponse')
    return refusal(400, 'InvalidParameterValueException', 'only RequestResponse is answered here');
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const event = Buffer.concat(chunks);
  try {
    return { status: 200, headers: {}, body: await target.invoke(event.length === 0 ? 'null' : event) };
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const { errorType, message: errorMessage } = error;
    return {
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
      body: { errorType, errorMessage },
    };
  }
}

/** @throws the error of a port that is taken */
export async function startInvokeApi(
  functions: ReadonlyMap<string, Invocable>,
  port: number,
): Promise<InvokeApi> {
  const server = createServer((message, response) => {
    reply(functions, message)
      .catch((error: unknown) => refusal(500, 'ServiceException', String(error)))
      .then(({ status, headers, body }) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(body ?? null)),
      );
  });
  server.requestTimeout = 0;
  // A client that takes a connection up again must not find it just closed.
  server.keepAliveTimeout = 0;
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return {
    endpoint: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
