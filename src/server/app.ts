/** The `http.app` that `langgraph.json` names: the guard before the server’s routes, and routes of our own. */
import { Hono } from 'hono';
import { z } from 'zod';
import { runContext } from '../agents/aws-rds-instance-creator/agent.js';
import { createGuard } from './guard.js';
import { createMcpStatus } from './mcp-status.js';
import { parts } from './parts.js';
import { createStudioSchemas } from './studio-schemas.js';
import { createThreadStorage } from './thread-storage.js';

/** The HTTP app of this process’s agent server. */
export const app = new Hono()
  .get('/healthz', (context) => context.json({ status: 'ok' }))
  .route('/', createGuard())
  .route('/', createThreadStorage(parts.checkpointer))
  .route('/', createStudioSchemas({ aws_rds_instance_creator: z.toJSONSchema(runContext) }))
  .route('/', createMcpStatus(parts));
