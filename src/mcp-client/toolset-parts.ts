/** One server’s part of a toolset: whether it is waited for, taken as it is known, or asked beside what goes on. */
import type { OutcomeError } from '../outcomes.js';
import type { Borrower } from './client-pool.js';
import type { McpConnections } from './mcp-connections.js';
import type { ToolCatalog } from './tool-catalog.js';

/** When a model is shown tools: once they are read, or at once where they are known and read again beside it. */
export type Loading = 'wait' | 'overlap';

/** A server’s tools, or why there are none. */
export type ToolsetPart = ToolCatalog | OutcomeError;

/** Gives a part at once where nothing has to be waited for; rejects with the {@link OutcomeError} of a required server. */
export type PartRead = (borrower: Borrower) => ToolsetPart | Promise<ToolsetPart>;

/** The reads of parts. */
export interface PartReads {
  /** For the model: waits for a list that is not known, and as `loading` says for one that has expired. */
  readonly forModel: PartRead;
  /** For a call: a list that is known will do, unless it is being read again. */
  readonly forCall: PartRead;
  /** For a call that misses its tool: asks a server anew that was down, when that is due. */
  readonly anew: PartRead;
}

/** Creates the reads of parts. */
export function createPartReads({ lists, observer }: McpConnections, loading: Loading): PartReads {
  const read = async (borrower: Borrower): Promise<ToolsetPart> => {
    try {
      return await lists.read(borrower);
    } catch (error) {
      const state = lists.state(borrower);
      if (state.kind !== 'failed') throw error;
      return state.error;
    }
  };

  const readBeside = (borrower: Borrower): void => {
    // Whoever needs the list asks again and is told.
    lists.read(borrower).catch(() => undefined);
  };

  const forCall: PartRead = (borrower) => {
    const state = lists.state(borrower);
    if (state.kind === 'unknown') return read(borrower);
    if (state.kind === 'failed') return state.error;
    // What is read beside the model’s call is waited for here.
    return state.reading === undefined ? state.catalog : read(borrower);
  };

  return {
    forModel(borrower) {
      const state = lists.state(borrower);
      if (state.kind === 'unknown') return read(borrower);
      if (state.kind === 'failed') {
        if (state.isDue) readBeside(borrower);
        return state.error;
      }
      if (state.kind === 'stale') {
        if (loading === 'wait') return read(borrower);
        readBeside(borrower);
      }
      observer({ server: borrower.server.name, kind: 'tools-read', from: 'memory' });
      return state.catalog;
    },
    forCall,
    anew(borrower) {
      const state = lists.state(borrower);
      return state.kind === 'failed' && state.isDue ? read(borrower) : forCall(borrower);
    },
  };
}
