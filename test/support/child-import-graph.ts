/**
 * Imports the RDS agent's graph where a careless program would: while it answers a request, twice, and in a worker
 * thread. Prints what that opened.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';

/** What the imports did. */
export interface ImportReport {
  /** Names of the graphs that were imported. */
  readonly graphs: readonly string[];
  /** Whether the two imports of one thread gave two graphs. */
  readonly distinct: boolean;
  /** Connections and listeners that were opened while importing. */
  readonly opened: readonly string[];
}

const graphUrl = new URL('../../src/agents/aws-rds-instance-creator/graph.ts', import.meta.url).href;

function watchSockets(): string[] {
  const opened: string[] = [];
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    opened.push('connect');
    return connect.apply(this, args as never);
  };
  const listen = Server.prototype.listen;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    opened.push('listen');
    return listen.apply(this, args as never);
  } as typeof listen;
  return opened;
}

async function importTwice(opened: readonly string[]): Promise<ImportReport> {
  // The second address makes Node evaluate the module again.
  const first = (await import(graphUrl)) as { graph: { getName(): string } };
  const second = (await import(`${graphUrl}?again`)) as typeof first;
  const graphs = [first.graph.getName(), second.graph.getName()];
  return { graphs, distinct: first.graph !== second.graph, opened: [...opened] };
}

async function importInRequest(): Promise<ImportReport> {
  let report: ImportReport | undefined;
  let opened: readonly string[] = [];
  const server = createServer((_request, response) => {
    opened = watchSockets();
    void importTwice(opened).then((done) => {
      report = done;
      response.end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${String(port)}/`)).text();
  server.close();
  if (report === undefined) throw new Error('The request was not answered.');
  return report;
}

async function main(): Promise<void> {
  if (!isMainThread) {
    parentPort?.postMessage(await importTwice(watchSockets()));
    return;
  }
  const inRequest = await importInRequest();
  // tsx registers itself in the main thread only.
  const boot = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))})
    .then(({ register }) => register() && import(${JSON.stringify(import.meta.url)}))`;
  const worker = new Worker(boot, { eval: true });
  const [inWorker] = (await once(worker, 'message')) as [ImportReport];
  process.stdout.write(JSON.stringify({ inRequest, inWorker }));
}

await main();
