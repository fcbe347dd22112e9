/** Calls what is offered behind a wrapper, in its own form or through the translation of another generation. */
import type { LiveToolName } from '../mcp-client/find-live-tool.js';
import { findLiveTool } from '../mcp-client/find-live-tool.js';
import type { LiveTool } from '../mcp-client/live-tool.js';
import type { LiveToolCall } from '../mcp-client/send-call.js';
import type { LiveToolResult } from '../mcp-client/tool-catalog.js';
import type { Toolset } from '../mcp-client/toolset.js';
import type { WrapperOffer } from './find-offer.js';
import { requireOffer, toMissing } from './find-offer.js';
import type { ReadCall, TranslatedServer, Wrapper } from './wrapper-definition.js';

type Arguments = Readonly<Record<string, unknown>>;

/** Where a wrapper is called. */
export interface OfferedCall {
  readonly wrapper: Wrapper;
  readonly toolset: Toolset;
  readonly offer: WrapperOffer;
}

/**
 * Makes the call. Of a translated one only the text is kept that the translation makes: a block beside it would be the
 * other generation’s and unread.
 *
 * @throws {@link OutcomeError} for every ending that is not `ok`.
 */
export async function callOffer(
  { wrapper, toolset, offer }: OfferedCall,
  args: Arguments,
  call: Pick<LiveToolCall, 'signal' | 'onProgress' | 'idempotencyKey'> = {},
): Promise<LiveToolResult> {
  const live = toolset.bind(offer.tool);
  const made: LiveToolCall = { ...call, isWrite: wrapper.class === 'write', complete: wrapper.complete };
  const { translation } = offer.form;
  if (translation === undefined) return live.call(args, made);
  const server = toTranslatedServer({ live, toolset }, args, made);
  return { content: await translation.run(args, server), artifact: undefined };
}

/** Makes the reads of a wrapper’s look before it writes. */
export function toReadCall({ wrapper, toolset, offer }: OfferedCall): ReadCall {
  return async (reader, args) => {
    if (typeof reader === 'string') return readText(toolset, { name: reader, server: wrapper.server, args });
    const { server = offer.tool.server } = reader.wrapper;
    const called = { ...reader.wrapper, server };
    const result = await callOffer({ wrapper: called, toolset, offer: requireOffer(toolset, called) }, args);
    return toText(result);
  };
}

function toTranslatedServer(
  { live, toolset }: { readonly live: LiveTool; readonly toolset: Toolset },
  args: Arguments,
  call: LiveToolCall,
): TranslatedServer {
  const { complete, signal } = call;
  return {
    call: async (toArguments) =>
      toText(
        await live.call(toArguments(args), {
          ...call,
          complete: complete && (() => toArguments(complete(args))),
        }),
      ),
    read: (name, sent) => readText(toolset, { name, server: live.server, args: sent, signal }),
    resource: (uri) => live.readResource(uri, { signal }),
  };
}

interface Read extends LiveToolName {
  readonly args: Arguments;
  readonly signal?: AbortSignal | undefined;
}

async function readText(toolset: Toolset, { args, signal, ...wanted }: Read): Promise<string> {
  const live = findLiveTool(toolset, wanted);
  if (live === undefined) throw toMissing(toolset, wanted);
  return toText(await live.call(args, { isWrite: false, signal }));
}

function toText({ content }: LiveToolResult): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}
