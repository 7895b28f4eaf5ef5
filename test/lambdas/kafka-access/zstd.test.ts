import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { registerZstd } from '../../../lambdas/kafka-access/zstd.ts';

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

describe('registerZstd', () => {
  it('gives kafkajs a codec that reads what it wrote', async () => {
    // Prepare
    registerZstd();
    const codec = (kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] as () => Codec)();
    const records = Buffer.from('a record '.repeat(1_000));

    // Act
    const compressed = await codec.compress({ buffer: records });
    const read = await codec.decompress(compressed);

    // Assess
    expect(compressed.length).toBeLessThan(records.length / 10);
    expect(read).toEqual(records);
  });
});
