/** Tells what becomes of clients: how they open and close, and that a server’s tools changed. */
import type { Client } from '@modelcontextprotocol/client';
import type { Principal } from '../auth/principal.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import { toFailedCall, toOutcomeError } from './call-failure.js';
import type { Credential } from './credential.js';
import type { McpObserver } from './mcp-observer.js';
import { createToolsChangedTeller } from './tools-changed.js';
import { watchEnd } from './watch-end.js';

/** Who is told. */
export interface ClientWatchOptions {
  readonly observer: McpObserver;
  readonly logger: Logger;
  /**
   * Told that a server’s tools changed, by the connection of this person, or of all people where that one is undefined;
   * at most once a second for each connection. What it throws is logged.
   */
  readonly onToolsChanged?: ((server: string, principal: Principal | undefined) => void) | undefined;
}

/** A client that is being opened. */
export interface WatchedOpening {
  readonly server: McpServerConfig;
  readonly credential: Credential;
}

/** Is told of one client. */
export interface ClientWatch {
  /** Passes on that the tools changed; undefined when nobody wants to know. */
  readonly onToolsChanged: (() => void) | undefined;
  failed(error: unknown): void;
  /** `isConnected` says that the server was asked; a client may also open without a request. */
  opened(client: Client, how: { readonly isConnected: boolean }): void;
}

/** Creates the function that watches one client from its beginning. */
export function createClientWatch({
  observer,
  logger,
  onToolsChanged,
}: ClientWatchOptions): (opening: WatchedOpening) => ClientWatch {
  return ({ server, credential }) => {
    const startedAt = performance.now();
    const { name } = server;
    const isForAll = server.type === 'stdio' && server.shared;
    const teller = createToolsChangedTeller(
      () => onToolsChanged?.(name, isForAll ? undefined : credential.principal()),
      (error) => {
        logger.error('mcp.tools.changed.fault', { server: name, error });
      },
    );
    return {
      onToolsChanged: onToolsChanged && teller.note,
      failed(error) {
        const { outcome } = toOutcomeError(error, toFailedCall(server, false)).failure;
        observer({ server: name, kind: 'connect-failed', outcome });
      },
      opened(client, { isConnected }) {
        if (isConnected)
          observer({ server: name, kind: 'connected', durationMs: performance.now() - startedAt });
        observer({ server: name, kind: 'client-opened' });
        watchEnd(client, () => {
          teller.close();
          observer({ server: name, kind: 'client-closed' });
        });
      },
    };
  };
}
