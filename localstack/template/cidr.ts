const WIDTH = 32;

function toNumber(address: string): number | undefined {
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255))
    return undefined;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/**
 * Fn::Cidr for IPv4: `count` blocks, each with `hostBits` bits for hosts, from the start of `block`.
 * Undefined where the block is no IPv4 block or too small for them.
 */
export function cidrBlocks(block: string, count: number, hostBits: number): string[] | undefined {
  const [address, length] = block.split('/');
  const start = toNumber(address ?? '');
  const prefix = Number(length);
  if (
    start === undefined ||
    length === undefined ||
    !Number.isInteger(prefix) ||
    prefix < 0 ||
    prefix > WIDTH
  )
    return undefined;
  if (!Number.isInteger(count) || !Number.isInteger(hostBits) || count < 1 || hostBits < 0) return undefined;
  const size = 2 ** hostBits;
  if (count * size > 2 ** (WIDTH - prefix)) return undefined;
  const first = start - (start % 2 ** (WIDTH - prefix));
  return Array.from(
    { length: count },
    (_, index) => `${toAddress(first + index * size)}/${WIDTH - hostBits}`,
  );
}
