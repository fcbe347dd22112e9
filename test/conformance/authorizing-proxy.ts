/**
 * Stands before the platform as the suite’s own sign-in: its server scenarios send no token and take no header.
 * It adds `Authorization` to what comes without, and passes everything else on as it is, `Host` and `Origin` too.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that listens. */
export interface AuthorizingProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of loopback before the server at `target`. */
export async function startAuthorizingProxy(target: string, token: string): Promise<AuthorizingProxy> {
  const { hostname, port, pathname } = new URL(target);
  const forward = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const headers = { authorization: `Bearer ${token}`, ...incoming.headers };
    const { method, url } = incoming;
    const onward = request({ hostname, port, method, path: url, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
      given.once('error', () => answer.destroy());
    });
    onward.once('error', () => answer.destroy());
    answer.once('close', () => onward.destroy());
    incoming.pipe(onward);
  };
  const server = createServer(forward).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Of a TCP server it is an object.
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}${pathname}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
