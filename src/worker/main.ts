/** `npm run worker`: takes jobs from Redis and runs agents, until a signal. */
import { toSealKey } from '../auth/sealed-token.js';
import { selectVerificationKeys } from '../auth/select-verification-keys.js';
import { createTokenVerifier } from '../auth/token-verifier.js';
import type { Settings } from '../config/env.js';
import { loadEnvFile, readSettings } from '../config/env.js';
import { isFleetError } from '../errors.js';
import { createLogger } from '../logger.js';
import { redactOutput } from '../redacted-output.js';
import { onStopSignals } from '../stop-signals.js';
import { createProcessMetrics } from '../telemetry/process-metrics.js';
import { outliveRejections } from './late-rejections.js';
import { openAgents } from './open-agents.js';
import { openRedis, toRedisRefusal } from './open-redis.js';
import { startWorker } from './start-worker.js';
import { startWorkerHealth } from './worker-health.js';
import { requireWorkerSettings } from './worker-settings.js';

/** How long a stopping worker lets its jobs end their steps, in milliseconds. */
const drainMs = 50_000;

async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader of our output that has gone away must not end the worker.
    stream.on('error', () => undefined);
    redactOutput(stream);
  }
  loadEnvFile();
  const settings = readSettings();
  const { redisUrl, tokenSealKey, agents: place } = requireWorkerSettings(settings);
  const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
  outliveRejections(logger);
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<boolean> => {
    let closedAll = true;
    for (const closeOne of closers.splice(0).reverse()) {
      try {
        await closeOne();
      } catch (error) {
        closedAll = false;
        logger.error('worker.stop.failed', { error });
      }
    }
    return closedAll;
  };
  onStopSignals((signal) => {
    logger.info('worker.stopping', { signal });
    void close().then((closedAll) => {
      logger.info('worker.stopped');
      process.exit(closedAll ? 0 : 1);
    });
  });
  try {
    const redis = await openRedis(redisUrl, logger);
    closers.push(redis.close);
    const { agents, metrics } = await openAgents(place);
    closers.push(agents.close);
    const worker = await startWorker({
      ...{ redis, agents, logger, sealKey: toSealKey(tokenSealKey), verifier: await openVerifier(settings) },
      concurrency: settings.workerConcurrency,
      maxTries: settings.workerTries,
      leaseMs: settings.workerLeaseSeconds * 1000,
    });
    closers.push(() => worker.stop(drainMs));
    if (settings.workerPort !== undefined) {
      const health = await startWorkerHealth({
        ...{ host: settings.host, port: settings.workerPort },
        metrics: [worker.metrics, ...metrics, createProcessMetrics()],
      });
      closers.push(health.close);
      logger.info('worker.listening', { port: health.port });
    }
    logger.info('worker.started', { worker: worker.name, concurrency: settings.workerConcurrency });
  } catch (error) {
    await close();
    throw isRefusedByRedis(error) ? toRedisRefusal(error) : error;
  }
}

/** The rights of a Redis user show one command at a time. */
function isRefusedByRedis(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOPERM');
}

async function openVerifier(settings: Settings) {
  const { authIssuer: issuer, authAudience: audience, authJwksUrl, authJwksFile, dataDir } = settings;
  const keys = await selectVerificationKeys({ jwksUrl: authJwksUrl, jwksFile: authJwksFile, dataDir });
  return createTokenVerifier({ issuer, audience, keys });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${isFleetError(error) ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
