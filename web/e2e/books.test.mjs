// The books: holdings with lots, paging and filters, adding, amending, voiding, importing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, signIn } from './browser.mjs';

let browser;
let page;
let context;
let problems;
before(async () => {
  browser = await launch();
  ({ page, context, problems } = await open(browser));
  await signIn(page);
});
after(async () => {
  await context.close();
  await browser.close();
});

const rows = () => page.locator('main table').first().locator('tbody tr[data-row]');

test('holdings open into their lots, by mouse and by keyboard', async () => {
  await page.goto('/holdings');
  const apple = rows().filter({ hasText: 'AAPL' });
  await apple.getByRole('button', { name: 'Show lots' }).click();
  const lots = page.getByRole('table', { name: 'Lots of AAPL' });
  await lots.waitFor();
  assert.equal(await lots.locator('tbody tr').count(), 5);
  await page.waitForURL('**open=**');
  await page.reload();
  await page.getByRole('table', { name: 'Lots of AAPL' }).waitFor();

  await apple.focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('table', { name: 'Lots of AAPL' }).waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowRight');
  await page.getByRole('table', { name: 'Lots of AAPL' }).waitFor();
});

test('holdings sort by any figure, and the address keeps it', async () => {
  await page.goto('/holdings?sort=-gainFraction');
  await rows().first().waitFor();
  const header = page.locator('main table').first().getByRole('columnheader', { name: 'Gain', exact: true });
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  await header.getByRole('button').click();
  await page.waitForURL('**sort=gainFraction**');
});

test('transactions are paged and filtered, and the address restores the filter', async () => {
  await page.goto('/transactions');
  await page.getByText('50 of 164 transactions').waitFor();
  await page.getByRole('button', { name: 'Load older' }).click();
  await page.getByText('100 of 164 transactions').waitFor();
  await page.getByRole('button', { name: 'All kinds' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Split' }).click();
  await page.keyboard.press('Escape');
  await page.getByText('3 of 3 transactions').waitFor();
  await page.reload();
  await page.getByText('3 of 3 transactions').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('From').fill('2022-06-01');
  await page.getByLabel('to', { exact: true }).fill('2022-06-06');
  await page.waitForURL('**to=2022-06-06**');
  await page.getByText(/^[1-9]\d? of [1-9]\d? transactions?$/).waitFor();
  for (const date of await rows().locator('time').evaluateAll((times) => times.map((time) => time.dateTime))) assert.ok(date >= '2022-06-01' && date <= '2022-06-06', date);
});

const note = `journey ${Date.now()}`;

test('a transaction shows what it changes before it is recorded', async () => {
  await page.goto('/transactions');
  await page.getByRole('button', { name: 'Add transaction' }).click();
  await page.getByRole('menuitem', { name: 'Deposit' }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('button', { name: 'Record' }).click();
  await form.getByRole('alert').getByText('Amount is needed').waitFor();
  await form.getByLabel('Amount', { exact: true }).fill('1,250.50');
  await form.getByLabel('Note').fill(note);
  await form.getByText('25,056.13').waitFor();
  await form.getByRole('button', { name: 'Record' }).click();
  await form.waitFor({ state: 'detached' });
  await rows().filter({ hasText: note }).getByText('+1,250.50').waitFor();
});

test('more than is held cannot be sold, and the field says so', async () => {
  await page.goto('/transactions?add=sell');
  const form = page.getByRole('dialog');
  await form.getByRole('combobox', { name: 'Security' }).fill('AAPL');
  await form.getByRole('option', { name: /AAPL/ }).click();
  await form.getByLabel('Quantity').fill('100000');
  await form.getByLabel('Price per unit').fill('135');
  await form.getByRole('button', { name: 'Record' }).click();
  await form.getByRole('alert').first().waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
});

test('an amendment shows old beside new and needs a reason', async () => {
  await page.goto('/transactions');
  const row = rows().filter({ hasText: note }).first();
  await row.getByRole('button', { name: 'Actions for this transaction' }).click();
  await page.getByRole('menuitem', { name: 'Amend…' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Amount', { exact: true }).fill('1300');
  await form.getByRole('row', { name: /Amount/ }).getByText('1300 EUR').waitFor();
  await form.getByRole('button', { name: 'Record amendment' }).click();
  await form.getByRole('alert').getByText('Reason is needed').waitFor();
  await form.getByLabel('Reason').fill('mistyped');
  await form.getByRole('button', { name: 'Record amendment' }).click();
  await form.waitFor({ state: 'detached' });
  await rows().filter({ hasText: note }).getByText('+1,300.00').waitFor();
});

test('a voided transaction no longer counts, and is shown struck through on demand', async () => {
  await page.goto('/transactions');
  await rows().filter({ hasText: note }).getByRole('button', { name: 'Actions for this transaction' }).click();
  await page.getByRole('menuitem', { name: 'Void…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Void transaction' }).click();
  await dialog.getByText('Reason is needed').waitFor();
  await dialog.getByLabel('Reason').fill('only a journey');
  await dialog.getByRole('button', { name: 'Void transaction' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('50 of 164 transactions').waitFor();
  assert.equal(await rows().filter({ hasText: note }).count(), 0);
  await page.getByLabel('Show voided').check();
  await rows().filter({ hasText: note }).getByRole('cell', { name: /voided/ }).first().waitFor();
});

const upload = async (name, content) => {
  await page.goto('/imports');
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) });
  await page.waitForURL('**/imports/*');
  await page.getByRole('heading', { name }).waitFor();
};

test('an import shows each problem with its line, and writes nothing', async () => {
  await upload('with-problems.csv', `external_id,kind,trade_date,currency,symbol,mic,quantity,price\nP1,buy,2022-06-14,USD,AAPL,XNAS,1,132.76\nP2,buy,14.06.2022,USD,AAPL,XNAS,1,132.76\nP3,buy,2022-06-14,USD,NOSUCH,XNAS,1,132.76\n`);
  await page.getByText(/2 rows have an error/).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Commit/ }).isDisabled(), true);
  await rows().filter({ hasText: 'trade_date:' }).filter({ hasText: 'error' }).waitFor();
  await page.getByRole('button', { name: /^error/ }).click();
  await page.waitForURL('**status=error**');
  await rows().filter({ hasText: 'ready' }).waitFor({ state: 'detached' });
  assert.deepEqual(await rows().locator('td:first-child').allInnerTexts(), ['3', '4']);
});

test('an import is committed whole, and a second time there is nothing to add', async () => {
  const id = `J${Date.now()}`;
  const content = `external_id,kind,trade_date,currency,gross_amount,note\n${id},fee,2022-06-15,EUR,1.00,custody ${id}\n`;
  await upload('fees.csv', content);
  await page.getByText(/1 row is ready/).waitFor();
  await page.getByRole('button', { name: 'Commit 1 row' }).click();
  await page.waitForURL('**/overview**');
  await page.goto(`/transactions?text=${id}`);
  await page.getByText('1 of 1 transaction').waitFor();
  await upload('fees.csv', content);
  await page.getByText('Every row of this file is in the book already.').waitFor();
  await page.goto(`/transactions?text=${id}`);
  await rows().filter({ hasText: id }).getByRole('button', { name: 'Actions for this transaction' }).click();
  await page.getByRole('menuitem', { name: 'Void…' }).click();
  await page.getByLabel('Reason').fill('only a journey');
  await page.getByRole('button', { name: 'Void transaction' }).click();
  await page.getByText('No transaction matches these filters.').waitFor();
});

test('none of this made the console complain', () => assert.deepEqual(problems, []));
