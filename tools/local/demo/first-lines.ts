/** How many of a kind are told. */
const MOST = 5;

/** Tells the first few of each kind of thing that happens; it says where it stops. */
export class FirstLines {
  readonly #print: (line: string) => void;
  readonly #told = new Map<string, number>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** @param kind what happened, such as `replayed`: what it is called where the line ends them */
  tell(kind: string, line: string): void {
    const told = (this.#told.get(kind) ?? 0) + 1;
    this.#told.set(kind, told);
    if (told <= MOST) this.#print(`${kind}: ${line}`);
    if (told === MOST) this.#print(`(further ones ${kind} are only counted)`);
  }
}
