// The system's Chromium through Playwright, and what every journey needs.
import { chromium } from 'playwright-core';

export const base = process.env.DAWSOS_URL ?? 'http://127.0.0.1:5055';
export const email = process.env.DAWSOS_EMAIL ?? 'demo@dawsos.local';
export const password = process.env.DAWSOS_PASSWORD ?? 'fixture password';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
  return chromium.launch({ executablePath: process.env.DAWSOS_CHROMIUM ?? '/usr/bin/chromium', args: flags });
}

/** A page of its own context; what the console calls an error is collected, for a page must not cause any. */
export async function open(browser, { width = 1440, height = 900, theme = 'dark', storageState } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, storageState, baseURL: base, reducedMotion: 'reduce', locale: 'en-GB' });
  await context.addInitScript((chosen) => {
    const stored = JSON.parse(localStorage.getItem('dawsos.appearance') ?? '{}');
    if (!stored.theme) localStorage.setItem('dawsos.appearance', JSON.stringify({ theme: chosen }));
  }, theme);
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => {
    // A refused request is logged by the browser itself; the journeys check such answers where they expect them.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return { context, page, problems };
}

export async function signIn(page) {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/overview**');
}
