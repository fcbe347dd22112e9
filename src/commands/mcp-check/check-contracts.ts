/** Compares what the wrappers of an agent send with what the servers offer. */
import { createCatalogJoin } from '../../mcp-client/catalog-join.js';
import type { ToolCatalog } from '../../mcp-client/tool-catalog.js';
import { findOffer } from '../../tools/find-offer.js';
import type { Wrapper } from '../../tools/wrapper-definition.js';

/** How one wrapper fits. */
export interface ContractCheck {
  /** The wrapper’s name. */
  readonly tool: string;
  /** `not-offered` where no server that is up offers this person the tool. */
  readonly contract: 'same' | 'compatible' | 'broken' | 'not-offered';
  /** The server that has the tool; null where none does. */
  readonly server: string | null;
  /** The form in which the server is asked: `own`, or the name of another generation. */
  readonly generation: string | null;
  /** What differs. */
  readonly notes: readonly string[];
}

/** Compares each wrapper with the lists of the servers that are up, in the order of the file. */
export function checkContracts(
  catalogs: readonly ToolCatalog[],
  wrappers: readonly Wrapper[],
): readonly ContractCheck[] {
  const toolset = {
    ...createCatalogJoin()(catalogs),
    unavailable: new Map(),
    bind: () => {
      throw new TypeError('Nothing is called here.');
    },
  };
  return wrappers.map((wrapper): ContractCheck => {
    const { name: tool } = wrapper;
    const offer = findOffer(toolset, wrapper);
    if (offer === undefined) {
      return { tool, contract: 'not-offered', server: null, generation: null, notes: [] };
    }
    const { comparison, form } = offer;
    const place = { tool, server: offer.tool.server, generation: form.generation };
    if (comparison.verdict === 'broken') return { ...place, contract: 'broken', notes: [comparison.reason] };
    const notes = comparison.verdict === 'compatible' ? comparison.differences : [];
    return { ...place, contract: comparison.verdict, notes };
  });
}
