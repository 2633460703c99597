// Every page in both themes: axe finds nothing, and nothing overflows at 1440, 1024, 390 and 320 pixels.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, open, signIn } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pages = ['/overview', '/holdings', '/transactions', '/transactions?add=buy', '/imports', '/settings', '/portfolios/new'];
const widths = [1440, 1024, 390, 320];

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** The rules of WCAG 2.2 AA, with best practices; each finding by rule and place. */
async function findings(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} – ${node.failureSummary?.split('\n')[1]?.trim()}`));
}

async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' }).catch(() => undefined);
}

for (const theme of ['dark', 'light', 'contrast']) {
  test(`axe is clean in the theme ${theme}`, async (t) => {
    const { page, context } = await open(browser, { theme });
    await page.goto('/login');
    await page.getByLabel('E-mail').waitFor();
    assert.deepEqual(await findings(page), []);
    await signIn(page);
    await page.evaluate((chosen) => localStorage.setItem('dawsos.appearance', JSON.stringify({ theme: chosen })), theme);
    // What another device chose must not decide over this run.
    await page.route('**/api/settings', (route) => (route.request().method() === 'GET' ? route.fulfill({ json: { data: { theme } }, headers: { ETag: '"v1"' } }) : route.continue()));
    for (const path of pages) {
      await t.test(path, async () => {
        await page.goto(path);
        await settled(page);
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
        assert.deepEqual(await findings(page), []);
      });
    }
    await context.close();
  });
}

for (const width of widths) {
  test(`nothing overflows at ${width} pixels`, async (t) => {
    const { page, context } = await open(browser, { width, height: 844 });
    await signIn(page);
    for (const path of pages) {
      await t.test(path, async () => {
        await page.goto(path);
        await settled(page);
        const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(content <= window, `content is ${content} wide in a window of ${window}`);
      });
    }
    await context.close();
  });
}
