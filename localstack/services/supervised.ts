import type { Child } from './child.ts';
import type { ServiceExit } from './service.ts';

export interface SupervisedOptions {
  /** Starts the service, each time at the same endpoint. */
  readonly start: () => Promise<Child>;
  readonly log: (line: string) => void;
  /** Called when it could not be brought back. */
  readonly failed: (exit: ServiceExit) => void;
}

/** A service that is started again, at the same endpoint, if it ends without having been asked to. */
export interface Supervised {
  readonly name: string;
  readonly endpoint: string;
  stop(): Promise<void>;
}

const RESTARTS = 3;
/** Deaths longer ago than this are forgiven. */
const FORGIVEN_MS = 10 * 60_000;

export async function supervise(options: SupervisedOptions): Promise<Supervised> {
  let stopped = false;
  let deaths: number[] = [];
  let current = options.start();

  const watch = (child: Child): void => {
    child.onExit((exit) => {
      deaths = [...deaths.filter((time) => time > Date.now() - FORGIVEN_MS), Date.now()];
      if (stopped) return;
      const how = exit.signal ?? `code ${exit.code}`;
      if (deaths.length > RESTARTS) {
        options.failed(exit);
        return;
      }
      options.log(`${exit.name} ended unexpectedly (${how}), starting it again: ${exit.logFile}`);
      current = options.start();
      current.then(watch, () => options.failed(exit));
    });
  };
  const first = await current;
  watch(first);
  return {
    name: first.name,
    endpoint: first.endpoint,
    stop: async () => {
      stopped = true;
      await (await current.catch(() => undefined))?.stop();
    },
  };
}
