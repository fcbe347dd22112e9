/** How a platform’s own words become an outcome’s details: data, without tokens, cut. */
import { redact } from '../../redaction.js';

/** The most that is passed on, in characters; as of every result that tells of an error. */
const maxDetailsLength = 600;

/** Makes details of a server’s words. */
export function toDetails(words: string): string {
  const safe = redact(words);
  return safe.length <= maxDetailsLength ? safe : `${safe.slice(0, maxDetailsLength)}…`;
}
