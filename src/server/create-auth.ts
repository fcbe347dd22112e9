/** Who may do what on the agent server: JWT authentication and owner-scoped threads, runs and store. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { Auth, HTTPException } from '@langchain/langgraph-sdk/auth';
import type { BearerToken } from '../auth/bearer-token.js';
import { readAuthorizationHeader } from '../auth/bearer-token.js';
import { toAuthResponse } from '../auth/challenge.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { Logger } from '../logger.js';
import type { RateLimit } from '../rate-limit.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { isAuthenticatedUser, toAuthenticatedUser } from './authenticated-user.js';
import { requireOwnCheckpoints } from './open-interrupts.js';
import { prepareRun } from './prepare-run.js';
import type { RequestRules } from './request-rules.js';
import type { RunTokens } from './run-tokens.js';
import type { StorePlace } from './store-owner.js';
import { placeUnderOwner } from './store-owner.js';
import { webhookRelayPath } from './webhook-relay.js';

/** What {@link createAuth} is made of. */
export interface ServerAuthOptions {
  readonly verifier: TokenVerifier;
  readonly runTokens: RunTokens;
  readonly checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>;
  readonly rules: RequestRules;
  /** How many runs one person may begin; no limit when left out. */
  readonly runLimit?: RateLimit | undefined;
  /** ALLOWED_WEBHOOKS; default none. */
  readonly allowedWebhooks?: readonly string[] | undefined;
  /** The development user’s token for Studio; undefined where Studio must sign in like everybody. */
  readonly studioToken: (() => Promise<BearerToken>) | undefined;
  readonly logger: Logger;
}

/** Routes without credentials: liveness and metrics, which name nobody, and the relay, which answers to this process alone. */
const openRoutes = new Set(['GET /healthz', 'GET /metrics', `POST ${webhookRelayPath}`]);

const nobody: AnyUser = { identity: '', permissions: [] };

/** Creates the `auth` object that `langgraph.json` names. */
export function createAuth(options: ServerAuthOptions): Auth {
  const authenticate = createAuthenticate(options);
  return new Auth()
    .authenticate(authenticate)
    .on('*', () => false)
    .on('threads', async ({ event, value, user }) => {
      const caller = requireUser(user);
      const owner = caller.identity;
      await requireOwnCheckpoints(options.checkpointer, value.thread_id, caller.principal());
      if (event === 'threads:create_run') {
        await asHttp(options.logger, () =>
          prepareRun(
            {
              runId: value.run_id,
              threadId: value.thread_id ?? undefined,
              afterSeconds: value.after_seconds ?? undefined,
              kwargs: value.kwargs,
            },
            caller,
            options,
          ),
        );
      }
      // The owner is the server’s to say, whatever the client sent.
      if (event === 'threads:create' || event === 'threads:create_run' || event === 'threads:update') {
        value.metadata = { ...value.metadata, owner };
      }
      return { owner };
    })
    .on('assistants', ({ event, user }) => {
      requireUser(user);
      return event === 'assistants:read' || event === 'assistants:search';
    })
    .on('store', ({ value, user }) =>
      // What the SDK’s types call optional is absent or an array when it comes from LangGraph’s own routes.
      placeUnderOwner(value as StorePlace, requireUser(user).identity),
    );
}

/** A user as LangGraph takes it: what else it holds is handed on by reference. */
interface AnyUser {
  readonly identity: string;
  readonly permissions: string[];
}

function createAuthenticate(options: ServerAuthOptions): (request: Request) => Promise<AnyUser> {
  const { verifier, runTokens, rules, studioToken, logger } = options;
  return (request) =>
    asHttp(logger, async () => {
      const refusal = rules.refuse(request);
      if (refusal !== undefined) throw new HTTPException(refusal.status, { message: refusal.message });
      const { pathname } = new URL(request.url);
      if (openRoutes.has(`${request.method} ${pathname}`)) return nobody;
      const asStudio = rules.isStudio(request) && request.headers.get('authorization') === null;
      const token =
        asStudio && studioToken !== undefined
          ? await studioToken()
          : readAuthorizationHeader(request.headers.get('authorization'));
      return toAuthenticatedUser(await verifier.verify(token), token, runTokens);
    });
}

/** The user that `authenticate` made; LangGraph hands the same object on. @throws HTTPException 401 for nobody. */
function requireUser(user: object): AuthenticatedUser {
  if (!isAuthenticatedUser(user)) throw new HTTPException(401, { message: 'Sign in first.' });
  return user;
}

/** Turns an auth error into its HTTP answer; the closed reason goes to the operator’s log and nowhere else. */
async function asHttp<Result>(logger: Logger, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const answer = toAuthResponse(error);
    if (answer === undefined) throw error;
    const reason = error instanceof Error && 'reason' in error ? error.reason : undefined;
    // Only of keys that cannot be read: no other of these errors has a cause.
    const cause = error instanceof Error ? error.cause : undefined;
    logger.warn('auth.refused', { status: answer.status, reason, cause });
    throw new HTTPException(answer.status, { message: answer.body.message, headers: answer.headers });
  }
}
