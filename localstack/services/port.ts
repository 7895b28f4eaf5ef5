import getPort from 'get-port';
import { MillraceError } from '../../lib/errors.ts';

export const LOOPBACK = '127.0.0.1';

export interface PortWish {
  /** Demanded by the user: no other will do. */
  readonly fixed?: number | undefined;
  /** Had in the run before: taken again if it is free. */
  readonly before?: number | undefined;
}

/**
 * A free port on the loopback address.
 *
 * @throws MR410 the demanded port is in use
 */
export async function freePort(service: string, wish: PortWish = {}): Promise<number> {
  const wanted = wish.fixed ?? wish.before;
  const port = await getPort({ host: LOOPBACK, ...(wanted === undefined ? {} : { port: wanted }) });
  if (wish.fixed !== undefined && port !== wish.fixed) {
    throw new MillraceError('MR410', `port ${wish.fixed} for ${service} is in use`, {
      where: `${LOOPBACK}:${wish.fixed}`,
      mend: 'stop what listens there, or name another port (or none: then a free one is taken)',
    });
  }
  return port;
}
