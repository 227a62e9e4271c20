// Calls of the prediction API: see /openapi.json.

export interface Answer {
  animal: string;
  score: number;
  version: number;
  // Only with more than two classes: the most probable ones.
  scores?: Record<string, number>;
}

// What went wrong, in words for the person who sent the picture.
export class PredictionError extends Error {}

function isAnswer(value: unknown): value is Answer {
  const answer = value as Partial<Answer> | null;
  return typeof answer?.animal === 'string' && typeof answer.score === 'number' && typeof answer.version === 'number';
}

function explain(status: number, message: unknown): string {
  if (status === 503) return 'The server is busy or has no model yet. Try again in a moment.';
  if (status === 413) return 'The picture is larger than the server takes.';
  return typeof message === 'string' && message ? message : `The server answered with status ${status}.`;
}

// Sends a picture as it is. Throws PredictionError, or an AbortError when `signal` says so.
export async function predict(picture: Blob, signal: AbortSignal): Promise<Answer> {
  let response: Response;
  let body: unknown;
  try {
    const type = picture.type.startsWith('image/') ? picture.type : 'application/octet-stream';
    response = await fetch('predict', {method: 'POST', headers: {'Content-Type': type}, body: picture, signal});
    body = await response.json().catch(() => null);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new PredictionError('The picture could not be sent: the server cannot be reached, or the picture is too large for it.');
  }
  if (!response.ok) throw new PredictionError(explain(response.status, (body as {message?: unknown} | null)?.message));
  if (!isAnswer(body)) throw new PredictionError('The server gave an answer that this page does not understand.');
  return body;
}
