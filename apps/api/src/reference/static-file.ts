import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';

const compress = promisify(gzip);
const { resolve } = createRequire(import.meta.url);

/** Something that is the same as long as the process runs. */
export interface StaticFile {
  type: 'html' | 'css' | 'js';
  read(): Promise<Buffer>;
}

/** A file that is written here. */
export function text(type: StaticFile['type'], content: string): StaticFile {
  return { type, read: async () => Buffer.from(content) };
}

/** A file of a package, such as `swagger-ui-dist/swagger-ui.css`. */
export function packagedFile(specifier: string, type: StaticFile['type']): StaticFile {
  return { type, read: () => readFile(resolve(specifier)) };
}

/** Sends a file, compressed where the client takes that. Read and compressed once, when it is first asked for. */
export function sendFile({ type, read }: StaticFile): RequestHandler {
  let forms: Promise<{ plain: Buffer; gzipped: Buffer }> | undefined;
  const load = async () => {
    const plain = await read();
    return { plain, gzipped: await compress(plain) };
  };
  return async (request, response) => {
    forms ??= load();
    const { plain, gzipped } = await forms.catch((error: unknown) => {
      forms = undefined;
      throw error;
    });
    // A new release may bring new files under the same names.
    response.type(type).set({ 'Cache-Control': 'public, max-age=300', Vary: 'Accept-Encoding' });
    if (request.acceptsEncodings('gzip') === 'gzip') response.set('Content-Encoding', 'gzip').send(gzipped);
    else response.send(plain);
  };
}
