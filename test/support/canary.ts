/** Secrets to be looked for: every fragment of them, in every spelling, in any amount of bytes. */

/** One secret of a sweep. */
export interface Canary {
  /** How a report calls it; the text itself is never printed. */
  readonly name: string;
  readonly text: string;
  /** The places that may hold it; default none. */
  readonly allowedIn?: readonly string[];
}

/** One place of a sweep. */
export interface Place {
  readonly name: string;
  /** What was read there; each text is looked through for itself. */
  readonly texts: readonly string[];
  /** A text that is no secret and stands there, in proof that the place was read and not its wrapping. */
  readonly witness: string;
}

/** What one place gave. */
export interface PlaceReport {
  readonly place: string;
  readonly bytes: number;
  readonly hasWitness: boolean;
  /** Names of the secrets that stand there. */
  readonly found: readonly string[];
}

/** Characters of a secret that tell it from all other text. */
const windowLength = 16;

/**
 * Prepares a search. A text is looked at in windows of sixteen characters, one behind the other, and each is compared with every
 * window of every spelling: a fragment of 31 characters is found wherever it begins, and a whole token, its parts and
 * cut pieces with it. A spelling that is shorter than that is found whole.
 */
export function createCanarySearch(canaries: readonly Canary[]): (place: Place) => PlaceReport {
  const ownerOfWindow = new Map<string, Canary>();
  const short: (readonly [spelling: string, canary: Canary])[] = [];
  for (const canary of canaries) {
    for (const spelling of spellingsOf(canary.text)) {
      if (spelling.length < 2 * windowLength) short.push([spelling, canary]);
      for (let at = 0; at + windowLength <= spelling.length; at += 1)
        ownerOfWindow.set(spelling.slice(at, at + windowLength), canary);
    }
  }
  return ({ name, texts, witness }) => {
    const found = new Set<string>();
    const tell = (canary: Canary | undefined): void => {
      if (canary !== undefined && canary.allowedIn?.includes(name) !== true) found.add(canary.name);
    };
    for (const text of texts) {
      for (let at = 0; at + windowLength <= text.length; at += windowLength)
        tell(ownerOfWindow.get(text.slice(at, at + windowLength)));
      for (const [spelling, canary] of short) if (text.includes(spelling)) tell(canary);
    }
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    const hasWitness = texts.some((text) => text.includes(witness));
    return { place: name, bytes, hasWitness, found: [...found] };
  };
}

/** A secret as it is, percent-encoded, in JSON, in hexadecimal, and in base64 wherever in a longer text it begins. */
export function spellingsOf(text: string): readonly string[] {
  const hex = Buffer.from(text).toString('hex');
  const plain = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), hex, hex.toUpperCase()];
  const encoded = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    // Without the characters at both ends that hold bits of a neighbour.
    const ends = [Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6)] as const;
    return [bytes.toString('base64').slice(...ends), bytes.toString('base64url').slice(...ends)];
  });
  return [...new Set([...plain, ...encoded])];
}

/** One line for each place: its name, the characters that were looked through, and what was found. */
export function toReportTable(reports: readonly PlaceReport[]): string {
  const width = Math.max(...reports.map(({ place }) => place.length));
  const lines = reports.map(
    ({ place, bytes, found }) =>
      `  ${place.padEnd(width)}  ${String(bytes).padStart(10)} bytes  ${found.length === 0 ? 'nothing found' : found.join(', ')}`,
  );
  return ['', ...lines, ''].join('\n');
}
