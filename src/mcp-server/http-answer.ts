/** Small JSON answers over node:http. */
import type { ServerResponse } from 'node:http';

/** An answer before it is written. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Writes an answer as JSON and ends the response. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(text);
}

/** An answer that tells a problem. */
export function problem(status: number, error: string, message: string): HttpAnswer {
  return { status, body: { error, message } };
}
