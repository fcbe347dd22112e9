/** What an operator’s probes ask of a worker: whether it lives, and its metrics. Neither needs credentials or names a person. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { ConfigError } from '../errors.js';
import type { MetricsSource } from '../telemetry/metrics-source.js';

/** Where a worker answers. */
export interface WorkerHealth {
  readonly port: number;
  close(): Promise<void>;
}

/** What {@link startWorkerHealth} needs. */
export interface WorkerHealthOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: readonly MetricsSource[];
}

/** Begins to answer. @throws {@link ConfigError} naming WORKER_PORT when it cannot listen there. */
export async function startWorkerHealth({ host, port, metrics }: WorkerHealthOptions): Promise<WorkerHealth> {
  const server = createServer((request, response) => {
    answer(request, response, metrics).catch(() => {
      response.writeHead(500).end();
    });
  });
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    const message = `${String(port)} cannot be listened on at HOST; free it, or set another.`;
    throw new ConfigError('WORKER_PORT', message, { cause });
  }
  // A worker that only answers probes must not live for their sake.
  server.unref();
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  metrics: readonly MetricsSource[],
): Promise<void> {
  const [path] = url.split('?');
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  if (path === '/healthz') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
    return;
  }
  if (path !== '/metrics') {
    response.writeHead(404).end();
    return;
  }
  const texts = await Promise.all(metrics.map((source) => source.read()));
  /** @see Prometheus, "Exposition formats" */
  const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' };
  response.writeHead(200, headers).end(texts.join(''));
}
