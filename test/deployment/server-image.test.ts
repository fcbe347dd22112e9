import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusOf } from '../support/status-of.js';
import { makeImageFolder, readCommand, type ImageFolder } from './image-folder.js';
import { containerOf, deployments, sharedSettings } from './read-manifests.js';

const [server] = deployments
  .filter(({ name }) => name === 'graph-fleet-server')
  .map(({ spec }) => containerOf(spec));
const probe = server?.livenessProbe.httpGet ?? { path: '', httpHeaders: [] };
// The address of a pod, by which the kubelet asks.
const podHost = '10.1.2.3:2024';

let image: ImageFolder;
let child: ReturnType<ImageFolder['run']>;
let port: number;
let filesBefore: string[];

beforeAll(async () => {
  image = makeImageFolder();
  filesBefore = image.files();
  // As the manifests say it, on free ports of this machine.
  child = image.run(readCommand(), { ...sharedSettings(), PORT: '0', PLATFORM_PORT: '0' });
  port = await announcedPort(child);
});
afterAll(async () => {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  image.remove();
});

describe('the image of deploy/Dockerfile, without Docker', () => {
  it('runs the command of the manifest', () => {
    expect(readCommand()).toEqual(server?.command);
  });

  it('answers the probes of the manifest', async () => {
    const headers = Object.fromEntries(probe.httpHeaders.map(({ name, value }) => [name, value]));

    expect(await statusOf({ port, path: probe.path }, headers)).toBe(200);
  });

  it('refuses the same by the address of the pod', async () => {
    expect(await statusOf({ port, path: probe.path }, { Host: podHost })).toBe(403);
  });

  it('answers to the host names of the manifest, whose people it asks to sign in', async () => {
    expect(await statusOf({ port, path: '/threads/search' }, { Host: 'agents.example.com' })).toBe(401);
  });

  it('ends at SIGTERM by itself, and has written nothing into the image', async () => {
    child.kill('SIGTERM');

    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(image.files()).toEqual(filesBefore);
  });
});

async function announcedPort(started: ReturnType<ImageFolder['run']>): Promise<number> {
  let said = '';
  started.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for await (const chunk of started.stdout) {
    said += String(chunk);
    const found = /^agent server {2}\S+:(\d+)$/m.exec(said)?.[1];
    if (found !== undefined) return Number(found);
  }
  throw new Error(`The server did not start: ${said}`);
}
