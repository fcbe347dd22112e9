/** The one gate through which everything a server says comes in. */
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { SecretRedactor } from './secret-redactor.js';

/**
 * Wraps a transport so that each message is redacted before the client sees it: results, errors, descriptions,
 * schemas, instructions and progress alike. What the client sends passes unchanged. `clean` sees each message before.
 */
export function createRedactedTransport(
  inner: Transport,
  redactor: SecretRedactor,
  clean: (message: JSONRPCMessage) => JSONRPCMessage = (message) => message,
): Transport {
  const outer: Transport = {
    hasPerRequestStream: inner.hasPerRequestStream === true,
    start: () => inner.start(),
    send: (message, options) => inner.send(message, options),
    close: () => inner.close(),
    get sessionId() {
      return inner.sessionId;
    },
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
    setSupportedProtocolVersions: (versions) => inner.setSupportedProtocolVersions?.(versions),
  };
  // By these two members the SDK knows stdio, where silence is no outage but an older server.
  if ('pid' in inner && 'stderr' in inner) Object.assign(outer, { pid: inner.pid, stderr: inner.stderr });
  // The handlers are looked up at each event: the client exchanges them after the negotiation.
  Object.assign(inner, {
    onmessage: (message: JSONRPCMessage, extra?: Parameters<NonNullable<Transport['onmessage']>>[1]) => {
      // The same message with other texts in it; a member name of the protocol is no secret.
      outer.onmessage?.(redactor.value(clean(message)) as JSONRPCMessage, extra);
    },
    onerror: (error: Error) => outer.onerror?.(error),
    onclose: () => outer.onclose?.(),
  });
  return outer;
}
