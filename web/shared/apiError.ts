// An answer of the label server that is an error; `body` is its JSON, where a caller needs more than the message.
export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly body: unknown = null) {
    super(message);
  }
}
