/** An error of the service: its code, as the JSON protocol has it, and its status. */
export class FirehoseError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
