/** Reads what a streamed run tells: words, tool calls, progress, and the approval it stops at. */
import { z } from 'zod';
import type { DemoEvent } from './demo-event.js';
import type { ServerEvent } from './server-events.js';
import { StepFailedError } from './step-failed-error.js';

/** The approval that a run waits for. */
export interface OpenApproval {
  readonly tool: string;
  readonly request: string;
  readonly digest: string;
}

/** A tool call that was answered. */
export interface AnsweredCall {
  readonly tool: string;
  /** `ok`, or the name of the outcome. */
  readonly ending: string;
  readonly content: string;
}

/** What came of a run. */
export interface RunResult {
  /** All words of the agent. */
  readonly said: string;
  readonly calls: readonly AnsweredCall[];
  /** The states that a running call reported, in order. */
  readonly states: readonly string[];
  readonly approval: OpenApproval | undefined;
}

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const messageEvent = z.tuple([
  z.object({
    type: z.string(),
    content: z.union([z.string(), z.array(z.unknown())]),
    name: z.string().nullish(),
    status: z.string().nullish(),
  }),
  z.unknown(),
]);
const customEvent = z.object({ type: z.literal('progress'), tool: z.string(), message: z.string() });
const actionRequest = z.object({ name: z.string(), description: z.string(), digest: z.string() });
const updateEvent = z.object({
  __interrupt__: z
    .array(z.object({ value: z.object({ actionRequests: z.array(actionRequest).length(1) }) }))
    .optional(),
});
const failure = z.object({ outcome: z.string() });

/**
 * Reads a run to its end and tells each thing as it happens.
 *
 * @throws {@link StepFailedError} when the run ends in an error.
 */
export async function readRun(
  events: AsyncIterable<ServerEvent>,
  tell: (event: DemoEvent) => void,
): Promise<RunResult> {
  const seen: DemoEvent[] = [];
  const calls: AnsweredCall[] = [];
  let approval: OpenApproval | undefined;
  for await (const { name, data } of events) {
    const value: unknown = JSON.parse(data);
    if (name === 'error')
      throw new StepFailedError('The run ended in an error; look at the log of the server.');
    if (name === 'messages') calls.push(...readCall(value));
    if (name === 'updates') approval ??= readApproval(value);
    for (const event of toEvents(name, value)) {
      seen.push(event);
      tell(event);
    }
  }
  const said = seen.flatMap((event) => (event.event === 'words' ? [event.text] : [])).join('');
  const states = seen.flatMap((event) => (event.event === 'progress' ? [event.state] : []));
  if (approval !== undefined) tell({ event: 'approval', tool: approval.tool, request: approval.request });
  return { said, calls, states, approval };
}

function toEvents(name: string, value: unknown): readonly DemoEvent[] {
  if (name === 'custom') {
    const progress = customEvent.safeParse(value).data;
    return progress === undefined
      ? []
      : [{ event: 'progress', tool: progress.tool, state: progress.message }];
  }
  if (name !== 'messages') return [];
  const [{ type, content }] = messageEvent.parse(value);
  const text = type.startsWith('ai') || type.startsWith('AI') ? textOf(content) : '';
  const words: DemoEvent[] = text === '' ? [] : [{ event: 'words', text }];
  return [...words, ...readCall(value).map(({ tool, ending }) => ({ event: 'tool' as const, tool, ending }))];
}

function readCall(value: unknown): readonly AnsweredCall[] {
  const [{ type, name, status, content }] = messageEvent.parse(value);
  if (type !== 'tool') return [];
  const text = textOf(content);
  return [{ tool: name ?? 'a tool', ending: status === 'error' ? outcomeOf(text) : 'ok', content: text }];
}

function outcomeOf(text: string): string {
  try {
    return failure.parse(JSON.parse(text)).outcome;
  } catch {
    // Not an answer of ours: LangChain's own words for a call it refused.
    return 'error';
  }
}

function readApproval(value: unknown): OpenApproval | undefined {
  const parsed = updateEvent.safeParse(value);
  if (!parsed.success) throw new StepFailedError('The run stopped for something else than one approval.');
  const [action] = parsed.data.__interrupt__?.[0]?.value.actionRequests ?? [];
  return action === undefined
    ? undefined
    : { tool: action.name, request: action.description, digest: action.digest };
}

function textOf(content: string | readonly unknown[]): string {
  if (typeof content === 'string') return content;
  return content.map((block) => textBlock.safeParse(block).data?.text ?? '').join('');
}
