import { describe, expect, test } from 'vitest';
import { logicalName } from '../../lib/constructs/logical-name.ts';

describe('logical names', () => {
  test.each([
    ['iot_p95_daily', 'IotP95Daily'],
    ['iot-events', 'IotEvents'],
    ['kafka-clients-3.9.1', 'KafkaClients391'],
    ['silver', 'Silver'],
  ])('%s becomes %s', (name, expected) => {
    // Prepare, Act
    const logical = logicalName(name);

    // Assess
    expect(logical).toBe(expected);
    expect(logical).toMatch(/^[A-Za-z0-9]+$/);
  });
});
