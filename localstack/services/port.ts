import { createServer } from 'node:net';
import getPort from 'get-port';
import { MillraceError } from '../../lib/errors.ts';

export const LOOPBACK = '127.0.0.1';

export interface PortWish {
  /** Demanded by the user: no other will do. */
  readonly fixed?: number | undefined;
  /** Had in the run before: taken again if it is free. */
  readonly before?: number | undefined;
}

/** get-port would refuse a port that it gave out a moment ago, so a wished one is tried here. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', () => done(false));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => done(true)));
  });
}

/**
 * A free port on the loopback address.
 *
 * @throws MR410 the demanded port is in use
 */
export async function freePort(service: string, wish: PortWish = {}): Promise<number> {
  const { fixed, before } = wish;
  if (fixed !== undefined) {
    if (await isFree(fixed)) return fixed;
    throw new MillraceError('MR410', `port ${fixed} for ${service} is in use`, {
      where: `${LOOPBACK}:${fixed}`,
      mend: 'stop what listens there, or name another port (or none: then a free one is taken)',
    });
  }
  if (before !== undefined && (await isFree(before))) return before;
  return getPort({ host: LOOPBACK });
}
