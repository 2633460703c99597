// Fails when the built UI is above its budget (compressed bytes): initial JavaScript, each lazy chunk, charts, styles, fonts.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const kB = 1000;
const budget = { initial: 350 * kB, lazy: 60 * kB, charts: 180 * kB, styles: 30 * kB, fonts: 120 * kB };
const dist = new URL('../dist/', import.meta.url).pathname;
const assets = join(dist, 'assets');
const names = readdirSync(assets);
const compressed = (name) => {
  const path = join(assets, name);
  if (names.includes(`${name}.br`)) return statSync(`${path}.br`).size;
  return brotliCompressSync(readFileSync(path)).length;
};
const sum = (list, size) => list.reduce((total, name) => total + size(name), 0);

const html = readFileSync(join(dist, 'index.html'), 'utf8');
const scripts = names.filter((name) => name.endsWith('.js'));
const initial = scripts.filter((name) => html.includes(name));
const charts = scripts.filter((name) => name.startsWith('LineChart'));
const lazy = scripts.filter((name) => !initial.includes(name) && !charts.includes(name));
const styles = names.filter((name) => name.endsWith('.css'));
const fonts = names.filter((name) => name.endsWith('.woff2'));

const rows = [
  ['initial JavaScript', sum(initial, compressed), budget.initial],
  ['charts chunk', sum(charts, compressed), budget.charts],
  ['styles', sum(styles, compressed), budget.styles],
  ['fonts', sum(fonts, (name) => statSync(join(assets, name)).size), budget.fonts],
  ...lazy.map((name) => [name, compressed(name), budget.lazy]),
];
let over = 0;
for (const [name, size, limit] of rows) {
  const bad = size > limit;
  if (bad) over += 1;
  console.log(`${bad ? 'OVER' : 'ok  '} ${(size / kB).toFixed(1).padStart(7)} of ${String(limit / kB).padStart(4)} kB  ${name}`);
}
process.exit(over ? 1 : 0);
