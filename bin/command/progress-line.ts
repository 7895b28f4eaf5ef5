/** Progress on stderr: one line that is written over on a terminal, a line every few seconds elsewhere. */
export interface ProgressLine {
  /** Shows this unless something was shown a moment ago. */
  show(text: () => string): void;
  /** Shows this for good and ends the line. */
  end(text: string): void;
}

const TERMINAL_EVERY_MS = 200;
const ELSEWHERE_EVERY_MS = 5_000;
const CLEAR_LINE = '\r\u001b[2K';

export function progressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  const everyMs = stream.isTTY ? TERMINAL_EVERY_MS : ELSEWHERE_EVERY_MS;
  let shownMs = performance.now();
  return {
    show(text) {
      const nowMs = performance.now();
      if (nowMs - shownMs < everyMs) return;
      shownMs = nowMs;
      stream.write(stream.isTTY ? `${CLEAR_LINE}${text()}` : `${text()}\n`);
    },
    end(text) {
      stream.write(stream.isTTY ? `${CLEAR_LINE}${text}\n` : `${text}\n`);
    },
  };
}

/** 604800 -> `604,800` */
export function thousands(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `45 %, 12 s left`: the share of a task that is done, and what is left at the speed so far; nothing of none. */
export function shareText(share: number | null, seconds: number): string {
  if (share === null || share <= 0) return '';
  const percent = `${Math.floor(100 * share)} %`;
  return share >= 1 ? percent : `${percent}, ${Math.ceil((seconds * (1 - share)) / share)} s left`;
}
