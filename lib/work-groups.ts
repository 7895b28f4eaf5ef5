/** Names of a stage's Athena work groups, as the stacks give them and the commands look for them. */

/** Of those who run the stage. */
export const workGroupOf = (stage: string): string => `millrace-${stage}`;

/** Of those who take the analyst role: their results are their own. */
export const analystWorkGroupOf = (stage: string): string => `millrace-${stage}-analysts`;
