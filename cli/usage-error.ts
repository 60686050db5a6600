/** The command line is wrong: the exit code is 2, and the message says which flag and what it accepts. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** The command whose `--help` explains it, such as `kafka-archive replay run`. @default - the one that ran */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.command = command;
  }
}
