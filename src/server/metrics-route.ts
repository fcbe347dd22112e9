/** `GET /metrics`: what this process counts, for Prometheus. It needs no credentials and names no person. */
import { Hono } from 'hono';
import type { MetricsSource } from '../telemetry/metrics-source.js';

/** @see Prometheus, "Exposition formats" */
const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' };

/** Creates the route. Requests that come while the metrics are read get the same text, so that a flood reads once. */
export function createMetricsRoute(sources: readonly MetricsSource[]): Hono {
  let reading: Promise<string> | undefined;
  const read = async (): Promise<string> =>
    (await Promise.all(sources.map((source) => source.read()))).join('');
  const app = new Hono();
  app.get('/metrics', async (context) => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return context.body(await reading, 200, headers);
  });
  return app;
}
