/** Findings of rules on resources, held to the table of those that are acknowledged. */

export interface Finding {
  /** `AwsSolutions-IAM5` */
  readonly rule: string;
  /** What of the resource it is about, where a rule finds several: `Resource::*`; else empty. */
  readonly detail: string;
  /** Of the construct: `Ingest/iot/Role/Resource`. */
  readonly path: string;
  /** `AWS::IAM::Role` */
  readonly type: string;
  readonly text: string;
}

/** A finding that stays, and why. Both patterns must match whole. */
export interface Acknowledgement {
  readonly rule: string;
  /** Of `detail`. @default - findings that have none */
  readonly detail?: RegExp;
  /** Of `path`. */
  readonly path: RegExp;
  readonly reason: string;
}

const whole = (pattern: RegExp, text: string) => new RegExp(`^(?:${pattern.source})$`).test(text);

export function acknowledges(entry: Acknowledgement, finding: Finding): boolean {
  return (
    entry.rule === finding.rule &&
    whole(entry.detail ?? /(?:)/, finding.detail) &&
    whole(entry.path, finding.path)
  );
}

/** Findings that no entry acknowledges, and entries that acknowledge none. */
export function judged(
  findings: readonly Finding[],
  acknowledgements: readonly Acknowledgement[],
): { readonly open: readonly Finding[]; readonly unused: readonly Acknowledgement[] } {
  const used = new Set<Acknowledgement>();
  const open = findings.filter((finding) => {
    const matching = acknowledgements.filter((entry) => acknowledges(entry, finding));
    for (const entry of matching) used.add(entry);
    return matching.length === 0;
  });
  return { open, unused: acknowledgements.filter((entry) => !used.has(entry)) };
}
