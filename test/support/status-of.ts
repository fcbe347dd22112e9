/** A request as something sends it that names the server otherwise than by its address: a probe, or a proxy. */
import { request } from 'node:http';

/** Asks a server of this machine with these headers, `Host` too, which `fetch` does not let anybody set. */
export function statusOf(
  { port, path }: { readonly port: number; readonly path: string },
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    asked.on('error', reject).end();
  });
}
