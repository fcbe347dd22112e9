/** A local mock of the LangSmith trace API on a real socket. It takes what the client sends and keeps the decoded bodies. */
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as zlib from 'node:zlib';
import { startLoopbackListener } from '../../src/testing/loopback-listener.js';

/** A running mock. */
export interface TraceApi {
  /** For LANGSMITH_ENDPOINT. */
  readonly url: string;
  /** Every upload: its method, path and decoded body, as text with one character for each byte. */
  readonly uploads: readonly string[];
  /** The API keys that came with the uploads. */
  readonly keys: ReadonlySet<string>;
  /** Resolves when an upload holds this text. */
  seen(text: string): Promise<void>;
  close(): Promise<void>;
}

const info = {
  version: '0.0.0-mock-of-the-trace-api',
  instance_flags: { gzip_body_enabled: true },
  batch_ingest_config: {
    use_multipart_endpoint: true,
    scale_up_qsize_trigger: 1000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
    size_limit: 100,
    size_limit_bytes: 20_971_520,
  },
};

/** Starts the mock; it answers `/info` and takes uploads to `/runs`, `/runs/batch` and `/runs/multipart`. */
export async function startTraceApi(): Promise<TraceApi> {
  const uploads: string[] = [];
  const keys = new Set<string>();
  const changes = new EventEmitter();
  const listener = await startLoopbackListener((request, response) => {
    void decodeBody(request).then((body) => {
      const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const isUpload = pathname.startsWith('/runs');
      if (isUpload) {
        keys.add(String(request.headers['x-api-key']));
        uploads.push(`${request.method ?? ''} ${request.url ?? ''}\n${body.toString('latin1')}`);
        changes.emit('upload');
      }
      response.writeHead(isUpload ? 202 : 200, {
        'content-type': 'application/json',
        server: 'mock-of-the-trace-api',
      });
      response.end(JSON.stringify(isUpload ? {} : info));
    });
  });
  return {
    url: listener.origin,
    uploads,
    keys,
    close: listener.stop,
    seen: async (text) => {
      while (!uploads.some((upload) => upload.includes(text))) await once(changes, 'upload');
    },
  };
}

type Decoder = (body: Buffer) => Buffer;

const decoders: Readonly<Record<string, Decoder | undefined>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync,
  // Newer than the oldest Node of the project; its types do not know it.
  zstd: (zlib as unknown as { zstdDecompressSync?: Decoder }).zstdDecompressSync,
};

async function decodeBody(request: IncomingMessage): Promise<Buffer> {
  const body = await buffer(request);
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined) return body;
  const decode = decoders[encoding];
  if (decode === undefined) throw new Error(`The mock cannot read a body in ${encoding}.`);
  return decode(body);
}
