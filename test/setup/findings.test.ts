import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Acknowledgement, type Finding, judged } from '../../bin/setup/checks/findings.ts';

const finding = (path: string, detail = ''): Finding => ({
  rule: 'Rule-1',
  detail,
  path,
  type: 'AWS::S3::Bucket',
  text: 'something',
});
const reason = 'because';

test('what is acknowledged is not open, and what acknowledges nothing is told', () => {
  // Prepare
  const used: Acknowledgement = { rule: 'Rule-1', path: /Lake\/\w+/, reason };
  const unused: Acknowledgement = { rule: 'Rule-2', path: /.*/, reason };

  // Act
  const { open, unused: told } = judged([finding('Lake/Logs'), finding('Ingest/Logs')], [used, unused]);

  // Assess
  expect(open).toEqual([finding('Ingest/Logs')]);
  expect(told).toEqual([unused]);
});

test('an acknowledgement matches whole paths and details, and a detail only where it says so', () => {
  // Prepare
  const onPath: Acknowledgement = { rule: 'Rule-1', path: /Lake\/Logs/, reason };
  const onDetail: Acknowledgement = { ...onPath, detail: /Resource::\*/ };

  // Act, Assess
  expect(judged([finding('Lake/LogsOfOthers')], [onPath]).open).toHaveLength(1);
  expect(judged([finding('Lake/Logs', 'Resource::*')], [onPath]).open).toHaveLength(1);
  expect(judged([finding('Lake/Logs', 'Resource::*')], [onDetail]).open).toHaveLength(0);
  expect(judged([finding('Lake/Logs', 'Resource::*/more')], [onDetail]).open).toHaveLength(1);
});

test('any finding is either open or acknowledged', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<string>('a', 'b', 'c')),
      fc.array(fc.constantFrom<string>('a', 'b', 'd')),
      (paths, known) => {
        // Act
        const { open, unused } = judged(
          paths.map((path) => finding(path)),
          known.map((path) => ({ rule: 'Rule-1', path: new RegExp(path), reason })),
        );

        // Assess
        expect(open.map(({ path }) => path)).toEqual(paths.filter((path) => !known.includes(path)));
        expect(unused.map(({ path }) => path.source)).toEqual(known.filter((path) => !paths.includes(path)));
      },
    ),
  );
});
