/**
 * Tokens in data, found exactly. `redact` of redaction.ts is for logs and takes more out than it must; a tool's result
 * has to keep its hostnames and digests.
 */

/** What stands in the place of a secret. */
export const hiddenText = '[redacted]';

/** A shorter part of a token may be a word that stands in data for itself. */
export const leastPartLength = 16;
const dottedRun = /(?<![\w.-])[\w-]*(?:\.[\w-]*){2,}/g;
// The base64url forms of `{"`, `{ ` and `{` before a line end: how every JOSE header begins.
const headerBeginning = /e[wy]/g;
/** The base64url of the shortest header, `{"alg":""}`, and of the longest one that is looked at. */
const headerLengths = { min: 14, max: 2_048 } as const;
/** Beginnings tried in one label: more are not there by accident, and each costs a decoding. */
const maxBeginnings = 16;

/**
 * Replaces every JWT: three parts, or five when it is encrypted, of which the first is the base64url of a JSON object
 * with the member `alg`. All other text comes back unchanged, whatever dots it has.
 *
 * @see RFC 7515 section 7.1; RFC 7516 section 7.1
 */
export function hideJwts(text: string): string {
  return text.includes('.') ? text.replace(dottedRun, hideInRun) : text;
}

function hideInRun(run: string): string {
  const labels = run.split('.');
  const shown: string[] = [];
  for (let at = 0; at < labels.length; at += 1) {
    const label = labels[at] ?? '';
    const header = at + 2 < labels.length ? findHeader(label) : undefined;
    shown.push(header === undefined ? label : label.slice(0, header.index) + hiddenText);
    if (header !== undefined) at += header.isEncrypted ? 4 : 2;
  }
  return shown.join('.');
}

interface FoundHeader {
  readonly index: number;
  readonly isEncrypted: boolean;
}

/** Finds a header that ends where the label ends; text may be glued to its beginning. */
function findHeader(label: string): FoundHeader | undefined {
  let tries = 0;
  for (const { index } of label.matchAll(headerBeginning)) {
    const length = label.length - index;
    if (length < headerLengths.min) return undefined;
    if (length > headerLengths.max) continue;
    const header = decodeObject(label.slice(index));
    if (header !== undefined && 'alg' in header) return { index, isEncrypted: 'enc' in header };
    tries += 1;
    if (tries === maxBeginnings) return undefined;
  }
  return undefined;
}

function decodeObject(part: string): object | undefined {
  const text = Buffer.from(part, 'base64url').toString('utf8').trimEnd();
  // Looked at first, because a thrown error costs more than all the rest.
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // No JSON; the parser's error would quote it.
    return undefined;
  }
}

/**
 * Lists how a secret may stand in text: itself, its dotted parts of 16 and more characters, each percent-encoded, and
 * each in base64 and base64url, also as a part of something longer. The longest comes first.
 */
export function secretSpellings(secret: string): readonly string[] {
  const parts = secret.split('.').filter((part) => part.length >= leastPartLength);
  const plain = new Set([secret, ...parts]);
  const all = new Set(
    [...plain].flatMap((piece) => [piece, encodeURIComponent(piece), ...base64Spellings(piece)]),
  );
  return [...all].sort((a, b) => b.length - a.length);
}

/** Three bytes become four characters, so a text has three spellings: one for each place it may begin at. */
function base64Spellings(text: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    // Characters that hold bits of a neighbour too are left out at both ends.
    const ends = [Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6)] as const;
    return [bytes.toString('base64').slice(...ends), bytes.toString('base64url').slice(...ends)];
  });
}
