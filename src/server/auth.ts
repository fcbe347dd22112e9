/** The `auth` that `langgraph.json` names. */
import { createRateLimit } from '../rate-limit.js';
import { createAuth } from './create-auth.js';
import { parts } from './parts.js';
import { createRequestRules } from './request-rules.js';

/** Authentication and authorization of this process’s agent server. */
export const auth = createAuth({
  ...parts,
  rules: createRequestRules(parts.settings),
  allowedWebhooks: parts.settings.allowedWebhooks,
  runLimit: createRateLimit({ perSecond: 20, burst: 200, clock: { now: Date.now } }),
});
