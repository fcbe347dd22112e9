/** Hands on the answer to one request, or, where it does not come, at once an error in its place. */
import type { AnswerFailure } from './answer-failure.js';
import { AnswerLostError, toErrorAnswer } from './answer-failure.js';
import type { AnswerStream } from './answer-stream.js';
import { followAnswer } from './answer-stream.js';
import { readText } from './bounded-chunks.js';
import { createEventBody } from './event-body.js';
import { judgeMessage, parseJson } from './judge-message.js';
import { toServerEvent } from './server-events.js';

const eventStream = 'text/event-stream';

/**
 * Makes the response that the MCP client sees while the server answers. It always holds one answer: the server’s, or
 * an error of ours as soon as it is known that none will come.
 */
export async function watchAnswer(answer: AnswerStream): Promise<Response> {
  if (toMediaType(answer.response) === eventStream) return toResponse(answer, toBody(answer));
  const text = await readJson(answer).catch((error: unknown) =>
    toErrorAnswer(answer.id, toFailure(answer, error)),
  );
  return toResponse(answer, text);
}

/**
 * Waits for the whole answer and gives the response with it.
 *
 * @throws {@link AnswerLostError} when none comes: for requests that ask what the server is, which an error would tell wrong.
 */
export async function awaitAnswer(answer: AnswerStream): Promise<Response> {
  if (toMediaType(answer.response) !== eventStream) {
    const text = await readJson(answer).catch((error: unknown) => {
      throw new AnswerLostError(toFailure(answer, error), { cause: error });
    });
    return toResponse(answer, text);
  }
  const events: string[] = [];
  const ending = await followAnswer(answer, (event) => void events.push(event));
  if (ending === 'cancelled') throw answer.exchange.signal.reason;
  if (ending !== undefined) throw new AnswerLostError(ending);
  return toResponse(answer, events.join(''));
}

function toBody(answer: AnswerStream): ReadableStream<Uint8Array> {
  const { id, exchange } = answer;
  return createEventBody({
    async run(emit) {
      const ending = await followAnswer(answer, emit);
      // Who cancelled waits for nothing any more.
      if (ending !== undefined && ending !== 'cancelled') emit(toServerEvent(toErrorAnswer(id, ending)));
    },
    onCancel: (reason) => {
      exchange.abort(reason);
    },
  });
}

async function readJson({ id, response, exchange, limits }: AnswerStream): Promise<string> {
  if (toMediaType(response) !== 'application/json') {
    void response.body?.cancel().catch(() => undefined);
    exchange.abort(new AnswerLostError('unreadable'));
    throw new AnswerLostError('unreadable');
  }
  const text = await readText(response.body, exchange, limits);
  exchange.finish();
  const parsed = parseJson(text);
  if (!Array.isArray(parsed)) {
    if (judgeMessage(parsed, id) === 'answer') return text;
    throw new AnswerLostError(parsed === undefined ? 'unreadable' : 'malformed');
  }
  const judged = parsed.map((message: unknown) => ({ message, judgement: judgeMessage(message, id) }));
  const answer = judged.find(({ judgement }) => judgement === 'answer');
  if (answer === undefined) throw new AnswerLostError('malformed');
  const others = judged.filter(({ judgement }) => judgement === 'other');
  return JSON.stringify([...others, answer].map(({ message }) => message));
}

function toFailure({ exchange }: AnswerStream, error: unknown): AnswerFailure {
  const reason: unknown = exchange.signal.aborted ? exchange.signal.reason : error;
  exchange.finish();
  return reason instanceof AnswerLostError ? reason.failure : 'lost';
}

function toResponse({ response }: AnswerStream, body: string | ReadableStream<Uint8Array>): Response {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  // The body is not the one that these are about.
  headers.delete('content-length');
  headers.delete('content-encoding');
  if (toMediaType(response) !== eventStream) headers.set('content-type', 'application/json');
  // A Response may not have status 204 and a body.
  return new Response(body, { status: status === 204 || status === 205 ? 200 : status, statusText, headers });
}

/** The media type without its parameters. */
export function toMediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
