import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (response: ServerResponse) => void;

/** A key server on loopback whose next answers a test decides. */
export async function startKeyServer(first: Answer) {
  let answer = first;
  let requests = 0;
  const paths: string[] = [];
  const server = createServer((request, response) => {
    requests += 1;
    paths.push(request.url ?? '');
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/jwks`,
    paths,
    requests: () => requests,
    answerWith: (next: Answer) => {
      answer = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const sendKeys =
  (...keys: readonly { readonly jwk: unknown }[]): Answer =>
  (response) => {
    sendText(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))(response);
  };

export const sendText =
  (text: string, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
