import { thousands } from '../progress-line.ts';
import { auditDataset, type DatasetConclusion } from './dataset-audit.ts';
import { type Audit, summed } from './equation.ts';
import type { AuditPlaces } from './places.ts';
import { rangesText } from './ranges.ts';

/**
 * Audits one dataset after the other; what must be looked at is named on stderr.
 * @param whole true: up to the topic's ends, so that what is under way counts as lost; false: up to where all is through
 */
export async function auditAll({ places }: AuditPlaces, whole: boolean): Promise<Audit> {
  const audits: Record<string, DatasetConclusion['audit']> = {};
  for (const place of places) {
    const name = place.manifest.dataset;
    const { audit, lost, disagreed, inFlight } = await auditDataset(place, whole);
    audits[name] = audit;
    const say = (text: string) => process.stderr.write(`${name}: ${text}\n`);
    if (inFlight > 0) say(`${thousands(inFlight)} records are under way and left out; --wait waits for them`);
    if (lost.length > 0) say(`${whole ? 'lost, or not through yet' : 'lost'}: ${rangesText(lost)}`);
    if (disagreed.length > 0) say(`the judges disagree: ${rangesText(disagreed)}`);
    const unlanded = audit.positions - audit.bronzePositions;
    if (unlanded > 0) say(`${thousands(unlanded)} positions are not in bronze`);
  }
  return summed(audits);
}
