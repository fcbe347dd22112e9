/**
 * Calls the webhooks of runs. LangGraph would send a run’s whole record, config and input with it, follow redirects to
 * anywhere, wait for ever, and end the process when nobody answers; it is made to call this route instead.
 */
import type { Context } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Logger } from '../logger.js';
import { redact } from '../redaction.js';
import { parseWebhook } from './allowed-webhook.js';
import { isFromThisProcess } from './caller-of-route.js';

/** Where LangGraph delivers a run’s end; answered to this process alone. */
export const webhookRelayPath = '/webhooks/relay';

/** The member of a run’s kwargs that keeps the URL: the path of a route ends up in the request log. */
export const webhookUrlKey = 'webhook_url';

/** What {@link createWebhookRelay} needs. */
export interface WebhookRelayOptions {
  /** ALLOWED_WEBHOOKS; asked again at the end of a run that outlived a restart. */
  readonly allowedWebhooks: readonly string[];
  readonly logger: Logger;
  /** The longest wait for the receiver, in milliseconds; default 10 000. */
  readonly timeoutMs?: number | undefined;
}

const text = z.string().nullish();
const endedRun = z.object({
  run_id: z.string(),
  thread_id: text,
  assistant_id: text,
  status: text,
  created_at: text,
  updated_at: text,
  run_started_at: text,
  run_ended_at: text,
  webhook_sent_at: text,
  metadata: z.record(z.string(), z.unknown()).nullish(),
  multitask_strategy: text,
  values: z.record(z.string(), z.unknown()).nullish(),
  error: text,
  kwargs: z.object({ [webhookUrlKey]: z.unknown() }),
});

/** Creates the route: one POST to the receiver, without config, context, input or state that middleware keeps. */
export function createWebhookRelay(options: WebhookRelayOptions): Hono {
  const app = new Hono();
  app.post(webhookRelayPath, async (context) => {
    if (!isFromThisProcess(context)) return context.json({ error: 'not found' }, 404);
    return relay(context, options);
  });
  return app;
}

async function relay(context: Context, options: WebhookRelayOptions): Promise<Response> {
  const { allowedWebhooks, logger, timeoutMs = 10_000 } = options;
  const { kwargs, values, ...run } = endedRun.parse(await context.req.json());
  const url = parseWebhook(kwargs[webhookUrlKey], allowedWebhooks);
  const facts = { runId: run.run_id, host: url?.host };
  if (url === undefined) {
    logger.warn('webhook.refused', facts);
    return context.body(null, 204);
  }
  const body = redact(JSON.stringify({ ...run, values: withoutPrivate(values ?? {}) }));
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'Content-Type': 'application/json' };
    // Not followed: where it leads is not on the operator’s list.
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    await answer.body?.cancel();
    if (answer.ok) logger.info('webhook.sent', { ...facts, status: answer.status });
    else logger.warn('webhook.failed', { ...facts, status: answer.status });
  } catch (error) {
    logger.warn('webhook.failed', { ...facts, error });
  }
  return context.body(null, 204);
}

/** Middleware keeps its own notes under names that begin with an underscore. */
function withoutPrivate(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('_')));
}
