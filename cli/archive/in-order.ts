/** How far {@link inOrder} reads ahead. */
export interface ReadAhead {
  /** Sources that are read at the same time. */
  readonly sources: number;
  /** Items of each that wait until those before them are taken. */
  readonly items: number;
}

/** A source that is read ahead. */
interface Opened<Item> {
  readonly iterator: AsyncIterator<Item>;
  /** The next results, some of which are waited for. */
  readonly results: Promise<IteratorResult<Item>>[];
}

/**
 * Reads several sources concurrently and yields their items in the order of the sources. It opens each source when its
 * turn is near, and closes the open ones when the caller stops.
 *
 * @param sources each must accept further calls of `next` before the first is answered, as generators do
 * @throws the error of the first source that fails, after the items before it
 */
export async function* inOrder<Item>(
  sources: AsyncIterable<() => AsyncIterable<Item>> | Iterable<() => AsyncIterable<Item>>,
  { items, sources: most }: ReadAhead,
): AsyncGenerator<Item> {
  const open: Opened<Item>[] = [];
  try {
    for await (const source of sources) {
      const opened = { iterator: source()[Symbol.asyncIterator](), results: [] };
      for (let item = 0; item < items; item++) request(opened);
      open.push(opened);
      if (open.length >= most) yield* takeFirst(open);
    }
    while (open.length > 0) yield* takeFirst(open);
  } finally {
    for (const { iterator } of open) iterator.return?.().catch(() => undefined);
  }
}

async function* takeFirst<Item>(open: Opened<Item>[]): AsyncGenerator<Item> {
  const [first] = open;
  for (let result = first?.results.shift(); first && result; result = first.results.shift()) {
    const { done, value } = await result;
    if (done) break;
    request(first);
    yield value;
  }
  open.shift();
}

function request<Item>({ iterator, results }: Opened<Item>): void {
  const result = iterator.next();
  // An error that is not yet waited for would end the process.
  result.catch(() => undefined);
  results.push(result);
}
