/** How a service ended that nobody asked to end. */
export interface ServiceExit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly logFile: string;
  /** Last lines of its log. */
  readonly tail: string;
}

/** A running part of the local environment. */
export interface Service {
  readonly name: string;
  /** `HOST:PORT` for Kafka, a URL for the HTTP services, '' where nothing listens. */
  readonly endpoint: string;
  readonly pid: number;
  /** Asks it to end, then ends it; safe to call twice. */
  stop(): Promise<void>;
  /** Called once, and only if it ends without having been asked. */
  onExit(callback: (exit: ServiceExit) => void): void;
}
