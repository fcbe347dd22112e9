/** The `http.app` that `langgraph.json` names: the guard before the server’s routes, and routes of our own. */
import { Hono } from 'hono';
import { createGuard } from './guard.js';
import { createMcpStatus } from './mcp-status.js';
import { parts } from './parts.js';
import { createRequestLimits } from './request-limits.js';
import { createStoreOwner } from './store-owner.js';
import { createStudioSchemas } from './studio-schemas.js';
import { createThreadStorage } from './thread-storage.js';

/** The HTTP app of this process’s agent server. */
export const app = new Hono()
  .route('/', createRequestLimits())
  .get('/healthz', (context) => context.json({ status: 'ok' }))
  .route('/', createGuard())
  .route('/', createThreadStorage(parts.checkpointer))
  .route('/', createStoreOwner())
  .route('/', createStudioSchemas(parts.graphs))
  .route('/', createMcpStatus(parts));
