/** A key server on loopback that counts its requests and answers as a test says, well or badly. */
import type { ServerResponse } from 'node:http';
import { startLoopbackListener } from './loopback-listener.js';

/** Gives one answer of the key server. */
export type Answer = (response: ServerResponse) => void;

/** A running key server. */
export interface KeyServer {
  /** For the option `jwks` or `AUTH_JWKS_URL`. */
  readonly url: string;
  /** The path of every request, in the order they came. */
  readonly paths: readonly string[];
  /** How many requests came. */
  requests(): number;
  /** Gives this answer from now on. */
  answerWith(next: Answer): void;
  /** Cuts every connection and listens no more; {@link KeyServer.restart} undoes it. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** An answer that waits until the test lets it go. */
export interface HeldAnswer {
  readonly answer: Answer;
  /** Answers what waits, and from then on at once. */
  release(): void;
}

/** Starts a key server that gives this answer first. */
export async function startKeyServer(first: Answer): Promise<KeyServer> {
  let answer = first;
  const paths: string[] = [];
  const listener = await startLoopbackListener((request, response) => {
    paths.push(request.url ?? '');
    answer(response);
  });
  return {
    url: `${listener.origin}/jwks`,
    paths,
    requests: () => paths.length,
    answerWith: (next) => {
      answer = next;
    },
    stop: listener.stop,
    restart: listener.restart,
    close: listener.stop,
  };
}

/** Answers with the public halves of these keys. */
export function sendKeys(...keys: readonly { readonly jwk: unknown }[]): Answer {
  return sendText(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
}

/** Answers with the keys that an issuer publishes at that moment, so that a rotation shows. */
export function sendPublishedKeys(issuer: { readonly jwks: unknown }): Answer {
  return (response) => {
    sendText(JSON.stringify(issuer.jwks))(response);
  };
}

/** Answers with text and a status, called JSON whatever it is. */
export function sendText(text: string, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
}

/** Answers with a page, as a proxy that asks for a sign-in does. */
export function sendHtml(): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>');
  };
}

/** Answers with a key set that is good but for its size, in bytes. */
export function sendHuge(bytes: number): Answer {
  return sendText(JSON.stringify({ keys: [], filler: 'x'.repeat(bytes) }));
}

/** Cuts the connection without an answer. */
export function cutConnection(): Answer {
  return (response) => {
    response.destroy();
  };
}

/** Makes an answer wait, as a slow server does. */
export function holdAnswer(answer: Answer): HeldAnswer {
  const waiting: ServerResponse[] = [];
  let held = true;
  return {
    answer: (response) => {
      if (held) waiting.push(response);
      else answer(response);
    },
    release: () => {
      held = false;
      for (const response of waiting.splice(0)) answer(response);
    },
  };
}
