// Writes a .br file next to each text asset of dist, so that the server sends it without compressing at run time.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);
const dist = new URL('../dist/', import.meta.url).pathname;
const text = /\.(js|css|html|svg|json|txt|map)$/;
/** Below this a compressed copy saves nothing on the wire (same bound as the server's own compression). */
const worthwhile = 1024;

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !text.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = await readFile(path);
  if (bytes.length < worthwhile) continue;
  const small = await compress(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  await writeFile(`${path}.br`, small);
}
