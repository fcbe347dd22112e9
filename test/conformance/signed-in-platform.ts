/** The platform as `npm run platform` starts it, reached as Alice: her token is the one of `npm run -s token -- alice`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../support/child.js';
import { startAuthorizingProxy } from './authorizing-proxy.js';

/** The platform behind Alice’s token. */
export interface SignedInPlatform {
  /** Where it is reached without a token. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the platform with a data folder of its own. */
export async function startSignedInPlatform(): Promise<SignedInPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'graph-fleet-conformance-'));
  const settings = {
    DATA_DIR: folder,
    PLATFORM_PORT: '0',
    PLATFORM_AUDIENCE: 'http://localhost/conformance',
  };
  const platform = startChild('mcp-server/main.ts', [], settings);
  const stopPlatform = async (): Promise<void> => {
    platform.process.kill('SIGTERM');
    await platform.ended();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [, target = ''] = await platform.said(/"url":"([^"]+)"/);
    const token = startChild('commands/token/main.ts', ['alice'], settings);
    const code = await token.ended();
    if (code !== 0) throw new Error(`No token was made: ${token.output.stderr}`);
    const proxy = await startAuthorizingProxy(target, token.output.stdout.trim());
    return {
      url: proxy.url,
      async close() {
        await proxy.close();
        await stopPlatform();
      },
    };
  } catch (error) {
    await stopPlatform();
    throw error;
  }
}
