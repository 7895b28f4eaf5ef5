import { describe, expect, test } from 'vitest';
import { inNumbers, lastAuditText } from '../../../bin/command/audit/last.ts';
import type { AuditProgress } from '../../../lambdas/audit/lake-state.ts';

const quarantined = { unparseable: 0, invalid: 0, future: 0, 'too-old': 0, conflict: 0 };
const SOUND: AuditProgress = {
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-01T01:00:00.000Z',
  auditedTo: '2026-01-01T01:00:00.000Z',
  finishedAt: '2026-01-01T01:15:00.000Z',
  sound: true,
  open: [],
  audit: {
    ...{ positions: 7_000, bronzePositions: 7_000, silver: 7_000, identicalDuplicates: 0, superseded: 0 },
    ...{ quarantined, late: 0, failed: 0, lost: 0, duplicated: 0, disagreed: 0 },
  },
  gaps: { lost: [], notInBronze: [], duplicated: [], disagreed: [], unverifiable: [], unread: [] },
  truncated: false,
  inFlight: 0,
  scannedBytes: 1,
  seconds: 1,
};

describe('the last audit in a line', () => {
  test('is sound where it is', () => {
    // Act
    const text = lastAuditText(inNumbers(SOUND));

    // Assess
    expect(text).toMatch(/^sound, 7,000 positions; from 2026-01-01 00:00:00/);
  });

  test('says what an unsound one found, though no record is lost', () => {
    // Act
    const text = lastAuditText(
      inNumbers({
        ...SOUND,
        sound: false,
        truncated: true,
        audit: { ...SOUND.audit, bronzePositions: 6_998 },
        gaps: {
          ...SOUND.gaps,
          unverifiable: [{ partition: 0, first: 10, last: 14 }],
          unread: [{ partition: 0, first: 20, last: 29 }],
        },
      }),
    );

    // Assess
    expect(text).toMatch(/^not sound: at least not in bronze 2, unverifiable 15;/);
  });
});
