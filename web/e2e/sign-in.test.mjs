// Sign-in, the first figures, and where they come from.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { email, launch, open, signIn } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('a wrong password is refused without a hint, and what was typed stays', async () => {
  const { page, context } = await open(browser);
  await page.goto('/holdings');
  await page.waitForURL('**/login**');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'E-mail or password is not right.' }).waitFor();
  assert.equal(await page.getByLabel('E-mail').inputValue(), email);
  await context.close();
});

test('signing in leads to an overview whose figures are those of the book', async () => {
  const { page, context, problems } = await open(browser);
  await signIn(page);
  await page.getByTestId('net-asset-value').waitFor();
  assert.match(await page.getByTestId('net-asset-value').innerText(), /153,694\.06/);
  await page.getByText('invented trades on real prices.').waitFor();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.waitForURL('**period=inception**');
  // Hybrid timing of the flows, since inception.
  await page.getByRole('definition').getByText('+114.97%').waitFor();
  await page.getByRole('definition').getByText('+35.92%').waitFor();
  for (const title of ['Currency attribution', 'Sector allocation', 'Holdings']) await page.getByRole('heading', { name: title }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test('any figure leads to its pack and ledger in two clicks', async () => {
  const { page, context } = await open(browser);
  await signIn(page);
  await page.getByRole('button', { name: 'How these figures were computed' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('PP_2022-06-15').waitFor();
  await drawer.getByText('Ledger commit').waitFor();
  await drawer.getByText(/portfolio\.get_valued_positions/).waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await context.close();
});

test('the key of privacy hides amounts and survives a reload, returns stay', async () => {
  const { page, context } = await open(browser);
  await signIn(page);
  await page.getByTestId('net-asset-value').waitFor();
  await page.locator('main').press('.');
  await page.getByTestId('net-asset-value').getByText('••••').waitFor();
  await page.reload();
  await page.getByTestId('net-asset-value').waitFor();
  const shown = await page.locator('main').innerText();
  assert.doesNotMatch(shown, /153,694/);
  assert.match(shown, /%/);
  await page.locator('main').press('.');
  await page.getByTestId('net-asset-value').getByText('153,694').waitFor();
  await context.close();
});

test('another date is chosen among the days with prices and is said on every page', async () => {
  const { page, context } = await open(browser);
  await signIn(page);
  await page.getByRole('button', { name: /^As of/ }).click();
  await page.getByRole('button', { name: 'Previous month' }).click();
  await page.getByRole('button', { name: /^31 May 2022|^May 31, 2022/ }).click();
  await page.waitForURL('**as_of=2022-05-31**');
  await page.getByText(/As of (31 May 2022|May 31, 2022)/).first().waitFor();
  await page.getByRole('link', { name: 'Holdings', exact: true }).first().click();
  await page.waitForURL('**/holdings**as_of=2022-05-31**');
  await context.close();
});

test('signing out leads to the entrance and back to nothing', async () => {
  const { page, context } = await open(browser);
  await signIn(page);
  await page.getByRole('button', { name: /Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('**/login**');
  await page.goto('/overview');
  await page.waitForURL('**/login**');
  await context.close();
});
