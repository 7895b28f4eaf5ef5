import { connect, type Socket } from 'node:net';
import { int16, int32, text } from './wire.ts';

/** One connection to one broker; answers come in the order of the requests. */
export interface Connection {
  /** The answer's body. Rejects with a plain Error when the connection breaks or the time is up. */
  request(api: Api, parts: readonly Buffer[]): Promise<Buffer>;
  readonly open: boolean;
  close(): void;
}

export interface Api {
  readonly key: number;
  readonly version: number;
}

interface Waiting {
  readonly correlation: number;
  resolve(body: Buffer): void;
  reject(error: Error): void;
}

const CLIENT_ID = 'millrace';
const CONNECT_MS = 5_000;
const REQUEST_MS = 40_000;

export async function openConnection(host: string, port: number): Promise<Connection> {
  const socket = await dial(host, port);
  const waiting: Waiting[] = [];
  let correlation = 0;
  let open = true;
  let unread: Buffer = Buffer.alloc(0);

  function fail(error: Error): void {
    open = false;
    socket.destroy();
    for (const one of waiting.splice(0)) one.reject(error);
  }
  socket.on('error', fail);
  socket.on('close', () => fail(new Error(`the broker ${host}:${port} closed the connection`)));
  socket.on('timeout', () => {
    if (waiting.length > 0) fail(new Error(`the broker ${host}:${port} did not answer in ${REQUEST_MS} ms`));
  });
  socket.setTimeout(REQUEST_MS);
  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    while (unread.length >= 4) {
      const end = 4 + unread.readInt32BE(0);
      if (unread.length < end) return;
      const answer = unread.subarray(4, end);
      unread = unread.subarray(end);
      const next = waiting.shift();
      if (next === undefined || next.correlation !== answer.readInt32BE(0)) {
        fail(new Error(`the broker ${host}:${port} answered out of order`));
        next?.reject(new Error('answered out of order'));
        return;
      }
      next.resolve(answer.subarray(4));
    }
  });

  return {
    get open() {
      return open;
    },
    request(api, parts) {
      if (!open) return Promise.reject(new Error(`the connection to ${host}:${port} is closed`));
      correlation = (correlation + 1) & 0x7fffffff;
      const header = [int16(api.key), int16(api.version), int32(correlation), text(CLIENT_ID)];
      const size = [...header, ...parts].reduce((sum, part) => sum + part.length, 0);
      const answer = new Promise<Buffer>((resolve, reject) => {
        waiting.push({ correlation, resolve, reject });
      });
      socket.cork();
      socket.write(int32(size));
      for (const part of header) socket.write(part);
      for (const part of parts) socket.write(part);
      socket.uncork();
      return answer;
    },
    close() {
      open = false;
      socket.destroy();
    },
  };
}

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const late = setTimeout(() => socket.destroy(new Error(`no connection to ${host}:${port}`)), CONNECT_MS);
    socket.once('connect', () => {
      clearTimeout(late);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
  });
}
