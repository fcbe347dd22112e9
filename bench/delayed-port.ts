/** A port in front of another that passes bytes on after a delay, as a distant network does. */
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** An open port. */
export interface DelayedPort {
  readonly port: number;
  close(): void;
}

/** Opens a port whose every round trip to `target` takes `delayMs` longer: half of it on each way. */
export async function openDelayedPort(target: number, delayMs: number): Promise<DelayedPort> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) sockets.add(socket);
    passOn(near, far, delayMs / 2);
    passOn(far, near, delayMs / 2);
    for (const socket of [near, far]) {
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
      socket.on('error', () => socket.destroy());
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    // A server that listens on a port, and not on a pipe, has an address of this form.
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What a timer cannot tell apart, in milliseconds. */
const tick = 1;

function passOn(from: Socket, to: Socket, delayMs: number): void {
  const waiting: { readonly chunk: Buffer; readonly dueAt: number }[] = [];
  const passDue = (): void => {
    // What came right behind goes right behind, as on a wire: a timer of its own would come up to a tick later.
    const until = performance.now() + tick;
    for (let next = waiting[0]; next !== undefined && next.dueAt <= until; next = waiting[0]) {
      waiting.shift();
      if (to.writable) to.write(next.chunk);
    }
  };
  from.on('data', (chunk) => {
    waiting.push({ chunk, dueAt: performance.now() + delayMs });
    setTimeout(passDue, delayMs);
  });
  from.on('end', () => setTimeout(() => to.end(), delayMs));
}
