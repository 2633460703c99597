// Pictures of the pages to look at: `node dev/screenshots.mjs FOLDER [page …]` against DAWSOS_URL or the fixture server.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, open, signIn } from '../e2e/browser.mjs';

const [folder = 'screenshots', ...wanted] = process.argv.slice(2);
const pages = {
  login: ['/login', false],
  overview: ['/overview?period=inception'],
  holdings: ['/holdings', true, async (page) => page.getByRole('button', { name: 'Show lots' }).nth(1).click()],
  transactions: ['/transactions'],
  add: ['/transactions?add=buy'],
  imports: ['/imports'],
  settings: ['/settings'],
  import: ['/imports', true, async (page) => {
    await page.getByLabel('Choose file').first().setInputFiles({ name: 'july.csv', mimeType: 'text/csv', buffer: Buffer.from('external_id,kind,trade_date,currency,symbol,quantity,price,gross_amount,net_amount\nN1,buy,2022-06-14,USD,AAPL,5,132.76,663.80,-663.80\nT0004,buy,2019-12-03,USD,AAPL,20,257.42,5148.40,-5149.40\nN2,buy,14.06.2022,USD,AAPL,5,132.76,,\nN3,buy,2022-06-14,USD,APPL,-5,132.76,,\n') });
    await page.waitForURL('**/imports/*');
  }],
  filled: ['/transactions?add=buy', true, async (page) => {
    await page.getByRole('combobox', { name: 'Security' }).last().fill('AAPL');
    await page.getByRole('option', { name: /AAPL/ }).click();
    await page.getByLabel('Quantity').fill('10');
    await page.getByLabel('Price per unit').fill('1,135.43');
  }],
  calendar: ['/overview', true, async (page) => {
    await page.getByRole('button', { name: /^As of/ }).click();
    await page.getByRole('button', { name: 'Previous month' }).click();
  }],
  menu: ['/overview?view=index', true, async (page) => page.getByRole('button', { name: /Account of/ }).click()],
  restated: ['/overview?as_of=2022-05-31'],
  detail: ['/transactions', true, async (page) => page.getByRole('row', { name: /Sell NVDA/ }).first().click()],
  portfolio: ['/portfolios/new'],
  provenance: ['/overview', true, async (page) => page.getByRole('button', { name: 'How these figures were computed' }).click()],
};
const sizes = (process.env.WIDTHS ?? '1440,1024,390').split(',').map(Number);
const themes = (process.env.THEMES ?? 'dark,light').split(',');
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const theme of themes) {
  for (const width of sizes) {
    const { context, page, problems } = await open(browser, { width, height: width < 500 ? 844 : 900, theme });
    if (wanted.length === 0 || wanted.includes('login')) {
      await page.goto('/login');
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(folder, `login-${width}-${theme}.png`) });
    }
    await signIn(page);
    for (const [name, [path, needsSession = true, act]] of Object.entries(pages)) {
      if (!needsSession || (wanted.length > 0 && !wanted.includes(name))) continue;
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      if (act) await act(page);
      await page.waitForTimeout(700);
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: !['add', 'filled', 'provenance', 'calendar', 'menu', 'detail'].includes(name) });
    }
    if (problems.length > 0) console.log(theme, width, problems);
    await context.close();
  }
}
await browser.close();
