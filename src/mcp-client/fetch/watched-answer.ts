/** Hands on the answer to one request, or, where it does not come, at once an error in its place. */
import type { AnswerFailure } from './answer-failure.js';
import { AnswerLostError, toErrorAnswer } from './answer-failure.js';
import type { AnswerStream, ReceivedMessage } from './answer-stream.js';
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
  if (toMediaType(answer.response) === eventStream) return watchEvents(answer);
  const message = await readJson(answer).catch((error: unknown) =>
    toErrorAnswer(answer.id, toFailure(answer, error)),
  );
  return toJsonResponse(answer, message);
}

/**
 * Waits for the whole answer and gives the response with it.
 *
 * @throws {@link AnswerLostError} when none comes: for requests that ask what the server is, which an error would tell wrong.
 */
export async function awaitAnswer(answer: AnswerStream): Promise<Response> {
  if (toMediaType(answer.response) !== eventStream) {
    const message = await readJson(answer).catch((error: unknown) => {
      throw new AnswerLostError(toFailure(answer, error), { cause: error });
    });
    return toJsonResponse(answer, message);
  }
  const events: string[] = [];
  const ending = await followAnswer(answer, ({ data }) => void events.push(toServerEvent(data)));
  if (ending === 'cancelled') throw answer.exchange.signal.reason;
  if (ending !== undefined) throw new AnswerLostError(ending);
  return toEventResponse(answer, events.join(''));
}

/**
 * Most streams carry the answer and nothing before it: that one is handed on as JSON, which the client reads without
 * the two streams that it makes for events. What comes before the answer is handed on as it comes.
 */
async function watchEvents(answer: AnswerStream): Promise<Response> {
  const messages = followMessages(answer);
  const first = await messages.first;
  if (first?.judgement === 'answer') return toJsonResponse(answer, first.message);
  const body = createEventBody({
    async run(emit) {
      const ending = await messages.passTo(({ data }) => {
        emit(toServerEvent(data));
      });
      // Who cancelled waits for nothing any more.
      if (ending !== undefined && ending !== 'cancelled')
        emit(toServerEvent(JSON.stringify(toErrorAnswer(answer.id, ending))));
    },
    onCancel: (reason) => {
      answer.exchange.abort(reason);
    },
  });
  return toEventResponse(answer, body);
}

type PassMessage = (message: ReceivedMessage) => void;

interface FollowedMessages {
  /** Undefined when the stream ends without any. */
  readonly first: Promise<ReceivedMessage | undefined>;
  /** Passes on what has come and what comes; gives how the stream ended. */
  passTo(pass: PassMessage): ReturnType<typeof followAnswer>;
}

/** Follows a stream at once, and keeps its messages until somebody takes them. */
function followMessages(answer: AnswerStream): FollowedMessages {
  const early: ReceivedMessage[] = [];
  let pass: PassMessage = (message) => void early.push(message);
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ending = followAnswer(answer, (message) => {
    pass(message);
    begin();
  }).finally(() => {
    begin();
  });
  return {
    first: begun.then(() => early[0]),
    passTo(to) {
      pass = to;
      early.forEach(to);
      return ending;
    },
  };
}

/** Gives the answer, or a list of messages with the answer last. */
async function readJson({ id, response, exchange, limits }: AnswerStream): Promise<unknown> {
  if (toMediaType(response) !== 'application/json') {
    void response.body?.cancel().catch(() => undefined);
    exchange.abort(new AnswerLostError('unreadable'));
    throw new AnswerLostError('unreadable');
  }
  const parsed = parseJson(await readText(response.body, exchange, limits));
  exchange.finish();
  if (!Array.isArray(parsed)) {
    if (judgeMessage(parsed, id) === 'answer') return parsed;
    throw new AnswerLostError(parsed === undefined ? 'unreadable' : 'malformed');
  }
  const judged = parsed.map((message: unknown) => ({ message, judgement: judgeMessage(message, id) }));
  const answer = judged.find(({ judgement }) => judgement === 'answer');
  if (answer === undefined) throw new AnswerLostError('malformed');
  const others = judged.filter(({ judgement }) => judgement === 'other');
  return [...others, answer].map(({ message }) => message);
}

function toFailure({ exchange }: AnswerStream, error: unknown): AnswerFailure {
  const reason: unknown = exchange.signal.aborted ? exchange.signal.reason : error;
  exchange.finish();
  return reason instanceof AnswerLostError ? reason.failure : 'lost';
}

/**
 * A response whose JSON was read already: the client would read it a second time out of a stream made for it. It has no
 * body, and what the client reads of an answer: `json()` and `text()`.
 */
function toJsonResponse(answer: AnswerStream, message: unknown): Response {
  const response = new Response(null, toResponseInit(answer, 'application/json'));
  // Defined and not assigned: LangGraph’s server puts a Response of its own in the place of Node’s, with methods that are
  // read-only.
  return Object.defineProperties(response, {
    json: { value: () => Promise.resolve(message) },
    text: { value: () => Promise.resolve(JSON.stringify(message)) },
  });
}

function toEventResponse(answer: AnswerStream, body: string | ReadableStream<Uint8Array>): Response {
  return new Response(body, toResponseInit(answer, eventStream));
}

function toResponseInit({ response }: AnswerStream, mediaType: string): ResponseInit {
  const { status, statusText } = response;
  // The client reads no other; what says something of the body is not about this one.
  const session = response.headers.get('mcp-session-id');
  const headers = { 'content-type': mediaType, ...(session !== null && { 'mcp-session-id': session }) };
  // A Response may not have status 204 and a body.
  return { status: status === 204 || status === 205 ? 200 : status, statusText, headers };
}

/** The media type without its parameters. */
export function toMediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
