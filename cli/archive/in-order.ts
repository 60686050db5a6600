import { Readable } from 'node:stream';

/** How far {@link inOrder} reads ahead. */
export interface ReadAhead {
  /** Sources that are read at the same time. */
  readonly sources: number;
  /** Items of each that wait until those before them are taken. */
  readonly items: number;
}

/**
 * Reads several sources concurrently and yields their items in the order of the sources. It opens each source when its
 * turn is near, and closes the open ones when the caller stops.
 *
 * @throws the error of the first source that fails, after the items before it
 */
export async function* inOrder<Item>(
  sources: AsyncIterable<() => AsyncIterable<Item>> | Iterable<() => AsyncIterable<Item>>,
  { items, sources: most }: ReadAhead,
): AsyncGenerator<Item> {
  const open: Readable[] = [];
  try {
    for await (const source of sources) {
      const readable = Readable.from(source(), { highWaterMark: items });
      // An error that is not yet expected ends the process; the loop over the stream throws it in its turn.
      readable.on('error', () => undefined);
      // Starts reading.
      readable.read(0);
      open.push(readable);
      if (open.length >= most) yield* takeFirst<Item>(open);
    }
    while (open.length > 0) yield* takeFirst<Item>(open);
  } finally {
    for (const readable of open) readable.destroy();
  }
}

async function* takeFirst<Item>(open: Readable[]): AsyncGenerator<Item> {
  const [first] = open;
  if (first !== undefined) yield* first;
  open.shift();
}
