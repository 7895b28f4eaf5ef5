import type { Duplex } from 'node:stream';

/**
 * What a transform makes of chunks, as an iterator. Unlike a pipe it hands on everything that was made before a fault,
 * and only then throws; it holds no more than what one chunk makes.
 */
export async function* through<Out>(
  transform: Duplex,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Out[], void> {
  let made: Out[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  transform.on('error', failed.reject).on('data', (out: Out) => made.push(out));
  const ended = new Promise<void>((resolve) => transform.on('end', resolve));
  const take = () => {
    const taken = made;
    made = [];
    return taken;
  };
  try {
    for await (const chunk of chunks) {
      const written = new Promise<void>((resolve) => transform.write(chunk, () => resolve()));
      await Promise.race([written, failed.promise]);
      if (made.length > 0) yield take();
    }
    transform.end();
    await Promise.race([ended, failed.promise]);
    if (made.length > 0) yield take();
  } catch (error) {
    if (made.length > 0) yield take();
    throw error;
  } finally {
    transform.destroy();
  }
}
