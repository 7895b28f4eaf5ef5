/** What the command's exit codes say. */
export const exitCodes = /** @type {const} */ ({
  ok: 0,
  failed: 1,
  usage: 2,
  breach: 3,
  rejected: 4,
  interrupted: 130,
});

/** The same in words, for the help and the documentation. */
export const exitCodeTexts = {
  [exitCodes.ok]: 'done, and all is well',
  [exitCodes.failed]: 'failed; stderr says what, where and how to mend it',
  [exitCodes.usage]: 'no such command, option or value',
  [exitCodes.breach]: 'the audit found a breach of the promise, or other counts than were sent',
  [exitCodes.rejected]: 'the import is done, and rows were rejected: they are in quarantine, with the reason',
  [exitCodes.interrupted]: 'interrupted by a signal',
};
