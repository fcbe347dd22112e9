/** `POST /resources/:id/credentials`: gives a resource's sealed fields to its creator, once. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFleetError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Caller } from '../platform/caller.js';
import type { Platform } from '../platform/platform.js';
import { problem, sendAnswer, type HttpAnswer } from './http-answer.js';

interface Door {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly caller: Caller;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly resourceId: string;
}

const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

/** Answers 200 with the fields, 404 to anyone but the creator, 410 once they were given; no answer may be cached. */
export async function answerCredentials(
  door: Door,
  { request, response, resourceId }: Exchange,
): Promise<void> {
  const answer = request.method === 'POST' ? await reveal(door, resourceId) : wrongMethod;
  sendAnswer(response, { ...answer, headers: { ...noStore, ...answer.headers } });
}

const wrongMethod: HttpAnswer = {
  ...problem(405, 'method_not_allowed', 'Reading them uses them up, so only POST is answered here.'),
  headers: { Allow: 'POST' },
};

async function reveal({ platform, logger, caller }: Door, resourceId: string): Promise<HttpAnswer> {
  try {
    const revealed = await platform.revealCredentials(caller, { resource_id: resourceId });
    if (revealed.status === 'revealed')
      return { status: 200, body: { id: resourceId, credentials: revealed.values } };
    return problem(
      410,
      'gone',
      'These credentials were given before and are not kept; set new ones at the resource.',
    );
  } catch (error) {
    return toProblem(error, () => {
      logger.error('platform.reveal.failed', { requestId: caller.requestId, error });
    });
  }
}

function toProblem(error: unknown, report: () => void): HttpAnswer {
  if (isFleetError(error) && error.code === 'ERR_NOT_FOUND') return problem(404, 'not_found', error.message);
  if (isFleetError(error) && error.code === 'ERR_STORAGE_UNAVAILABLE')
    return problem(503, 'unavailable', error.message);
  report();
  return problem(500, 'internal_error', 'The platform failed; look at the log by the request id.');
}
