/** Runs steps side by side, slow ones first, with visible progress on stderr. Knows nothing of what they do. */

import { CommandFailed, stopCommands } from './child.js';
import { SetupError } from './errors.js';

/** How often the steps that still run are named. */
const reminderSeconds = 15;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} title what it does, for the progress line
 * @property {number} seconds about how long it takes on 2 cores; the longest starts first
 * @property {string} [lane] steps of one lane run one after another
 * @property {readonly string[]} [after] names of steps that must have ended first; what is no step here is there already
 * @property {(say: (text: string) => void) => Promise<void>} run
 * @property {{ code: string, where: string, mend: string }} failure how a command that fails is reported
 */

/** Seconds, as the progress lines show them. */
export function shownSeconds(milliseconds) {
  return `${Math.round(milliseconds / 1000)} s`;
}

/** Lanes of steps, each lane in the order slow to fast, the lanes themselves as well. */
export function plan(steps) {
  const lanes = new Map();
  for (const step of [...steps].sort((a, b) => b.seconds - a.seconds)) {
    const lane = step.lane ?? step.name;
    lanes.set(lane, [...(lanes.get(lane) ?? []), step]);
  }
  return [...lanes.values()];
}

/**
 * About how many seconds are left: those of the longest lane, as the steps say of themselves, with what its steps wait
 * for. A step that takes longer than it said counts as nearly done.
 * @param {readonly Step[][]} lanes
 * @param {(step: Step) => number} spent seconds at a step so far; Infinity: it is done
 */
export function secondsLeft(lanes, spent) {
  const steps = new Map(lanes.flat().map((step) => [step.name, step]));
  const left = (step) => {
    if (step === undefined || spent(step) === Infinity) return 0;
    const waits = (step.after ?? []).map((name) => left(steps.get(name)));
    return Math.max(0, ...waits) + Math.max(5, step.seconds - spent(step));
  };
  return Math.max(0, ...lanes.map((lane) => lane.reduce((sum, step) => sum + left(step), 0)));
}

/** `told` resolves when `tell` is called. */
function whenTold() {
  let tell;
  const told = new Promise((resolve) => {
    tell = resolve;
  });
  return { told, tell };
}

function asSetupError(step, error) {
  if (!(error instanceof CommandFailed)) return error;
  const full = /no space left on device|ENOSPC|disk quota exceeded/i.test(error.tail);
  return new SetupError(full ? 'MR307' : step.failure.code, full ? 'the disk is full' : error.message, {
    where: step.failure.where,
    mend: full ? 'make room (the set-up takes about 5 GB), then try again' : step.failure.mend,
    tail: error.tail,
    cause: error,
  });
}

/**
 * Runs all steps. At the first failure, and when this process is told to end, the others are stopped: each step
 * leaves nothing half made in its final place.
 * @param {readonly Step[]} steps
 * @param {(line: string) => void} [write]
 */
export async function runSteps(steps, write = (line) => process.stderr.write(`${line}\n`)) {
  const begun = Date.now();
  const running = new Map();
  const done = new Set();
  const lanes = plan(steps);
  const ends = new Map(steps.map(({ name }) => [name, whenTold()]));
  const width = Math.max(...steps.map((step) => step.name.length));
  let failure;
  const line = (name, text) =>
    write(`${shownSeconds(Date.now() - begun).padStart(7)}  ${name.padEnd(width)}  ${text}`);

  const runLane = async (lane) => {
    for (const step of lane) {
      await Promise.all((step.after ?? []).map((name) => ends.get(name)?.told));
      if (failure !== undefined) return;
      const since = Date.now();
      running.set(step.name, since);
      line(step.name, step.title);
      try {
        await step.run((text) => line(step.name, text));
        if (failure === undefined) line(step.name, `done in ${shownSeconds(Date.now() - since)}`);
      } catch (error) {
        if (failure === undefined) {
          failure = asSetupError(step, error);
          line(step.name, `failed after ${shownSeconds(Date.now() - since)}`);
          stopCommands();
          for (const end of ends.values()) end.tell();
        }
      } finally {
        running.delete(step.name);
        done.add(step.name);
        ends.get(step.name).tell();
      }
    }
  };

  const reminder = setInterval(() => {
    const parts = [...running].map(([name, since]) => `${name} ${shownSeconds(Date.now() - since)}`);
    const now = Date.now();
    const spent = ({ name }) => (done.has(name) ? Infinity : (now - (running.get(name) ?? now)) / 1000);
    const left = secondsLeft(lanes, spent);
    const percent = Math.floor((100 * (now - begun)) / (now - begun + 1000 * left));
    line('', `still at work: ${parts.join(', ')}; ${percent} %, about ${Math.round(left)} s left`);
  }, reminderSeconds * 1000);
  const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
  const onSignal = (signal) => {
    stopCommands();
    process.exit(128 + numbers[signal]);
  };
  for (const signal of Object.keys(numbers)) process.on(signal, onSignal);
  try {
    await Promise.all(lanes.map(runLane));
  } finally {
    clearInterval(reminder);
    for (const signal of Object.keys(numbers)) process.off(signal, onSignal);
  }
  if (failure !== undefined) throw failure;
}
