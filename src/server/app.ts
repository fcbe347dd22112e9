/** The `http.app` that `langgraph.json` names: the guard before the server’s routes, and routes of our own. */
import { Hono } from 'hono';
import { createGuard } from './guard.js';
import { createMcpStatus } from './mcp-status.js';
import { createMetricsRoute } from './metrics-route.js';
import { createMisplacedToken } from './misplaced-token.js';
import { parts } from './parts.js';
import { createPersonLimit } from './person-limit.js';
import { createRequestLimits } from './request-limits.js';
import { createStoreOwner } from './store-owner.js';
import { createStudioSchemas } from './studio-schemas.js';
import { createThreadRefusals } from './thread-refusals.js';
import { createThreadStorage } from './thread-storage.js';
import { createWebhookRelay } from './webhook-relay.js';

/** The HTTP app of this process’s agent server. */
export const app = new Hono()
  // Before the bounds on bodies: what a run ends with may be larger than what anybody may send.
  .route('/', createWebhookRelay({ logger: parts.logger, allowedWebhooks: parts.settings.allowedWebhooks }))
  .route('/', createPersonLimit())
  .route('/', createRequestLimits())
  .route('/', createMisplacedToken())
  .get('/healthz', (context) => context.json({ status: 'ok' }))
  .route('/', createMetricsRoute(parts.metrics))
  .route('/', createThreadRefusals(parts))
  .route('/', createGuard())
  .route('/', createThreadStorage(parts))
  .route('/', createStoreOwner())
  .route('/', createStudioSchemas(parts.graphs))
  .route('/', createMcpStatus(parts.connections));
