/** Makes events of what an agent streams, in the modes `messages`, `updates` and `custom`. */
import type { JobEvent } from '../contracts/worker-jobs.js';
import type { SpokenMessage, ThreadView } from './thread-view.js';
import { readMessage, readMessages } from './thread-view.js';

/** Reads a stream; it remembers what it has told, since a step may give the whole conversation again. */
export interface StreamReader {
  /** Gives the events of one chunk. */
  read(mode: string, payload: unknown): readonly JobEvent[];
}

/** Creates a reader. @param view the thread before the run: what stands there is not told again. */
export function createStreamReader(view: ThreadView): StreamReader {
  const oldMessages = new Set(view.messages.flatMap(({ id }) => id ?? []));
  const told = new Set(view.messages.flatMap(toolEventsOf).map(keyOf));

  const toText = (payload: unknown): readonly JobEvent[] => {
    // A chunk with where it comes from, or the chunk alone.
    const message = readMessage(Array.isArray(payload) ? payload[0] : payload);
    if (message?.kind !== 'ai' || message.text === '') return [];
    const { id = '', text } = message;
    return oldMessages.has(id) ? [] : [{ type: 'text', messageId: id, text }];
  };

  const toToolEvents = (payload: unknown): readonly JobEvent[] => {
    if (typeof payload !== 'object' || payload === null) return [];
    const events = Object.values(payload).flatMap((update: unknown) =>
      readMessages(update).flatMap(toolEventsOf),
    );
    return events.filter((event) => {
      const key = keyOf(event);
      if (told.has(key)) return false;
      told.add(key);
      return true;
    });
  };

  return {
    read(mode, payload) {
      if (mode === 'messages') return toText(payload);
      if (mode === 'updates') return toToolEvents(payload);
      return mode === 'custom' ? [{ type: 'progress', data: payload }] : [];
    },
  };
}

type ToolEvent = Extract<JobEvent, { type: 'tool-call' | 'tool-result' }>;

function toolEventsOf({ kind, calls, answers, text }: SpokenMessage): ToolEvent[] {
  if (kind === 'ai')
    return calls.map(({ id, name, args }) => ({ type: 'tool-call', toolCallId: id, tool: name, args }));
  if (kind !== 'tool' || answers === undefined) return [];
  const { callId, tool, isError } = answers;
  return [
    {
      ...({ type: 'tool-result', toolCallId: callId, tool } as const),
      ...({ status: isError ? 'error' : 'success', content: text } as const),
    },
  ];
}

/** A call that a person edited is told again, with its new arguments. */
function keyOf(event: ToolEvent): string {
  const said = event.type === 'tool-call' ? JSON.stringify(event.args) : '';
  return `${event.type} ${event.toolCallId} ${said}`;
}
