/** Answers in the two forms of the chat completions API: one object, or a stream of pieces split in odd places. */

/** What the scripted model says: words, tool calls, or both. */
export interface ScriptedAnswer {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args: unknown }[];
}

interface NumberedAnswer {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
}

/** What the answer to one request begins with. */
export interface AnswerHead {
  /** The request’s number; ids of calls are made from it. */
  readonly serial: number;
  readonly model: string;
}

const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };

/** The answer as one object. */
export function toCompletion(answer: ScriptedAnswer, { serial, model }: AnswerHead): unknown {
  const { text, calls } = number(answer, serial);
  const toolCalls = calls.map(({ id, name, args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  const message = {
    role: 'assistant',
    content: text === '' ? null : text,
    refusal: null,
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
  return {
    id: `chatcmpl-test-${String(serial)}`,
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(calls.length) }],
    usage,
  };
}

/** The answer as the bytes of a stream; a piece of text may end inside a word, a JSON escape or a character. */
export function* toStream(
  answer: ScriptedAnswer,
  head: AnswerHead & { readonly wantsUsage: boolean },
): Generator<Buffer> {
  const { serial, model, wantsUsage } = head;
  const base = {
    id: `chatcmpl-test-${String(serial)}`,
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model,
  };
  const { text, calls } = number(answer, serial);
  const chunk = (delta: unknown, finish: string | null = null): unknown => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(wantsUsage ? { usage: null } : {}),
  });
  const chunks = [
    chunk({ role: 'assistant', content: text === '' ? null : '', refusal: null }),
    ...split(text).map((piece) => chunk({ content: piece })),
    ...toCallDeltas(calls).map((delta) => chunk({ tool_calls: [delta] })),
    chunk({}, finishReason(calls.length)),
    ...(wantsUsage ? [{ ...base, choices: [], usage }] : []),
  ];
  const lines = [...chunks.map((one) => JSON.stringify(one)), '[DONE]'].map((data) => `data: ${data}\n\n`);
  const bytes = Buffer.from(lines.join(''));
  // 61 is no multiple of anything here: borders fall inside lines and inside characters of several bytes.
  for (let start = 0; start < bytes.length; start += 61) yield bytes.subarray(start, start + 61);
}

/** Each call begins with its name and no arguments; then the arguments of all calls come in turns, in small pieces. */
function toCallDeltas(calls: NumberedAnswer['calls']): readonly unknown[] {
  const begins = calls.map(({ id, name }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: '' },
  }));
  const pieces = calls.map(({ args }) => split(args));
  const rounds = Math.max(0, ...pieces.map(({ length }) => length));
  const turns = Array.from({ length: rounds }, (_, round) =>
    pieces.flatMap((list, index) => {
      const piece = list[round];
      return piece === undefined ? [] : [{ index, function: { arguments: piece } }];
    }),
  );
  return [...begins, ...turns.flat()];
}

const sizes = [1, 4, 2, 9, 3, 17];

function split(text: string): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let start = 0, turn = 0; start < characters.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(characters.slice(start, start + size).join(''));
    start += size;
  }
  return pieces;
}

function number({ text = '', calls = [] }: ScriptedAnswer, serial: number): NumberedAnswer {
  const numbered = calls.map(({ name, args }, index) => ({
    id: `call_test_${String(serial)}_${String(index)}`,
    name,
    args: JSON.stringify(args),
  }));
  return { text, calls: numbered };
}

function finishReason(calls: number): string {
  return calls > 0 ? 'tool_calls' : 'stop';
}
