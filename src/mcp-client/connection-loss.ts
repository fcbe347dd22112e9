/** Tells a connection that did not come about, or broke, from everything else that `fetch` throws. */
import { findCause } from './find-cause.js';

/** Codes of Node’s sockets, of its TLS and of undici; what a redirect or an abort throws bears none. */
const codeOfLoss =
  /^(?:E[A-Z]{3,}|EAI_[A-Z]+|UND_ERR_[A-Z_]+|ERR_TLS_[A-Z_]+|CERT_[A-Z_]+|[A-Z_]*CERT[A-Z_]*)$/;

/** Tells whether the error says that no connection was made or that it broke. */
export function isConnectionLoss(error: unknown): boolean {
  return (
    findCause(error, (cause): cause is Error => 'code' in cause && isCodeOfLoss(cause.code)) !== undefined
  );
}

function isCodeOfLoss(code: unknown): boolean {
  // `ERR_…` are our own and Node’s for a wrong use.
  return typeof code === 'string' && !/^ERR_(?!TLS_)/.test(code) && codeOfLoss.test(code);
}
