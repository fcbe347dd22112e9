/** Names broken contracts to the operator, each once. */
import type { Logger } from '../logger.js';
import type { OnBrokenContract } from './offered-tools.js';

/** How many are remembered; a server whose lists change without end is named again after so many. */
const maxRemembered = 1000;

/** Creates the function that logs `mcp.contract.broken` with the server, the tool and the reason. */
export function createContractReports(logger: Logger): OnBrokenContract {
  const told = new Set<string>();
  return ({ server, tool, reason }) => {
    const key = JSON.stringify([server, tool, reason]);
    if (told.has(key)) return;
    if (told.size >= maxRemembered) told.clear();
    told.add(key);
    logger.warn('mcp.contract.broken', { server, tool, reason });
  };
}
