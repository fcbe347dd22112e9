/** The faults that the agent’s side of MCP is held against, one line each, and the tests that hold it: `F<n> …` in a title. */
import ts from 'typescript';

/** One fault. */
export interface Fault {
  readonly number: number;
  /** What goes wrong, in one line. */
  readonly what: string;
}

/** Every fault. 37 to 39 are done to the platform and held by its own tests. */
export const faults: readonly Fault[] = [
  { number: 1, what: 'nobody listens at the address, its name is unknown, or its certificate is bad' },
  { number: 2, what: 'the connection is accepted and no header ever comes' },
  { number: 3, what: '`initialize` is never answered' },
  { number: 4, what: 'the note that the client is initialized is never replied to' },
  { number: 5, what: 'a stream ends before the answer it was opened for' },
  { number: 6, what: 'a stream is reset in the middle of an event' },
  { number: 7, what: 'a JSON answer is reset, or ends, half way' },
  { number: 8, what: 'a stream falls silent and stays open' },
  { number: 9, what: 'progress is told for ever and nothing else' },
  { number: 10, what: 'an answer is larger than the cap, or is comments without end' },
  { number: 11, what: 'the listening stream closes at once and asks to be opened again at once' },
  { number: 12, what: 'the listening stream is refused' },
  { number: 13, what: 'a session ends between two calls, or during one' },
  { number: 14, what: 'the session that took its place has ended too' },
  {
    number: 15,
    what: 'a token is refused: at the connection, in the middle of a run, and its successor too',
  },
  { number: 16, what: 'a token lacks a scope' },
  { number: 17, what: 'the server asks to come again later, in seconds or by a date' },
  { number: 18, what: 'one, three or endless errors of the server or of a proxy before it' },
  { number: 19, what: 'a redirect to elsewhere, to another scheme, or in a circle' },
  { number: 20, what: 'an answer of another kind: a page, nothing, a byte order mark, broken UTF-8' },
  { number: 21, what: 'JSON-RPC that breaks its own rules: ids, duplicates, both a result and an error' },
  { number: 22, what: 'the answer to one call comes on the stream of another' },
  { number: 23, what: 'a list of no tools, of thousands, of pages without end, or with a page that fails' },
  { number: 24, what: 'one tool of a list that cannot be used' },
  { number: 25, what: 'a storm of notes that the list of tools has changed' },
  { number: 26, what: 'the list changes during a call, and the tool of the next call is gone' },
  { number: 27, what: 'a handler of ours throws' },
  { number: 28, what: 'the run is aborted while it connects, lists, calls, or does none of these' },
  { number: 29, what: 'a thousand people come and go' },
  { number: 30, what: 'the process is told to stop while calls are on their way' },
  { number: 31, what: 'a process that is not there, dies, is silent, babbles, floods or does not stop' },
  { number: 32, what: 'the older HTTP with SSE: its stream drops, leads elsewhere, or does not come back' },
  { number: 33, what: 'one server of several is down, slow, flapping, or refuses everybody' },
  {
    number: 34,
    what: 'a token ends before the load, before the call, or during it, with twenty calls at once',
  },
  { number: 35, what: 'two people with one thread id, one with two, and another person on a thread' },
  { number: 36, what: 'a clock steps by five minutes; keys cannot be read, or are of the wrong kind' },
  { number: 40, what: 'the process itself stands still for two seconds' },
  { number: 41, what: 'the server speaks the newer era alone' },
  { number: 42, what: 'a server gives the Authorization header back: in an error, a result, a log message' },
];

/** Faults that no test is named after yet. */
export const missing: readonly number[] = [];

const faultTitle = /^F(\d+) /;

/** Lists the numbers of the faults that a test file names, each once. A title may stand in the table of its cases. */
export function readFaultNumbers(source: string): number[] {
  const numbers = new Set<number>();
  const visit = (node: ts.Node): void => {
    const text = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) ? node.text : '';
    const [, number] = faultTitle.exec(text) ?? [];
    if (number !== undefined) numbers.add(Number(number));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.test.ts', source, ts.ScriptTarget.Latest, true));
  return [...numbers];
}

/** Makes the row of the table in TESTING.md for a fault and the files that hold it. */
export function toFaultRow({ number, what }: Fault, files: readonly string[]): string {
  const links = files.map((file) => `[${file.replace(/^.*\/|\.test\.ts$/g, '')}](${file})`);
  return `| F${String(number)} | ${what} | ${links.join(', ')} |`;
}
