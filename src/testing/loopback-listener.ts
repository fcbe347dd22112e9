/** An HTTP listener on a free port of loopback, which can be taken away and brought back. */
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A listener that is open until {@link LoopbackListener.stop}. */
export interface LoopbackListener {
  /** Where it listens; the same after a restart. */
  readonly origin: string;
  /** Cuts every connection and listens no more. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
}

/** Listens on 127.0.0.1, on a port that the system chooses. */
export async function startLoopbackListener(onRequest: RequestListener): Promise<LoopbackListener> {
  let server: Server | undefined;
  const listen = async (port: number): Promise<number> => {
    const opened = createServer(onRequest);
    server = opened;
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    // A server that listens on a port, and not on a pipe, has an address of this form.
    return (opened.address() as AddressInfo).port;
  };
  const stop = async (): Promise<void> => {
    const open = server;
    server = undefined;
    if (open === undefined) return;
    const closed = new Promise((resolve) => open.close(resolve));
    open.closeAllConnections();
    await closed;
  };

  const port = await listen(0);
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    stop,
    async restart() {
      await stop();
      await listen(port);
    },
  };
}
