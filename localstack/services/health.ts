import { connect } from 'node:net';

/** True if anything, also an error, is answered over HTTP. */
export async function answersHttp(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return true;
}

/** True if the answer is 2xx. */
export async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}

/** True if a TCP connection to `HOST:PORT` is accepted. */
export function accepts(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((done) => {
    const socket = connect(Number(address.slice(colon + 1)), address.slice(0, colon));
    const finish = (open: boolean): void => {
      socket.destroy();
      done(open);
    };
    socket.setTimeout(2_000, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
