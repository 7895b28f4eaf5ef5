import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';

// A CommonJS module whose codecs Node does not see as named exports.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/** The part of kafkajs's encoder that a codec reads. */
interface Encoder {
  readonly buffer: Buffer;
}

/**
 * Teaches kafkajs, which ships without it, the ZSTD codec: for every producer and consumer of this process.
 * Kafka frames need no dictionary and may leave out their size, so plain one-shot calls serve.
 */
export function registerZstd(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: Encoder): Promise<Buffer> => zstdCompressSync(encoder.buffer),
    decompress: async (buffer: Buffer): Promise<Buffer> => zstdDecompressSync(buffer),
  });
}
