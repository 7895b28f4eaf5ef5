import { isUtf8 } from 'node:buffer';
import { type Node, type ParseError, parseTree } from 'jsonc-parser';

/** Where in a value its fault lies: byte offsets, `end` exclusive. */
export interface FaultPlace {
  readonly begin: number;
  readonly end: number;
}

/** JSON as the contract reads it: no comments, no comma too many. */
const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

/**
 * The bytes of a value that a fault speaks of: what stands at its path, or where the text stops being UTF-8 or JSON.
 * Undefined where the fault is of the whole, or of something that is not there.
 * @param path dotted; `$` is the whole
 */
export function faultPlace(value: Buffer, path: string): FaultPlace | undefined {
  if (!isUtf8(value)) return foreignByte(value);
  const text = value.toString('utf8');
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, STRICT);
  const inBytes = ({ offset, length }: Pick<Node, 'offset' | 'length'>): FaultPlace => {
    const begin = Buffer.byteLength(text.slice(0, offset));
    return { begin, end: begin + Buffer.byteLength(text.slice(offset, offset + length)) };
  };
  const [error] = errors;
  if (error !== undefined) return inBytes(error);
  const node = tree === undefined || path === '$' ? undefined : nodeAt(tree, path.split('.'));
  return node === undefined ? undefined : inBytes(node);
}

/** What stands at a path, or the text that stands where its object should be. */
function nodeAt(tree: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = tree;
  for (const name of path) {
    if (node?.type !== 'object') return node;
    // Of a key that comes twice, the last one counts.
    const property: Node | undefined = node.children?.findLast(
      ({ children }) => children?.[0]?.value === name,
    );
    node = property?.children?.[1];
  }
  return node;
}

/** The first byte that no UTF-8 text has there. */
function foreignByte(value: Buffer): FaultPlace {
  const mended = Buffer.from(value.toString('utf8'));
  const begin = value.findIndex((byte, at) => mended[at] !== byte);
  return { begin, end: begin + 1 };
}
