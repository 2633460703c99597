/**
 * Colours of categories. A key keeps its colour on all pages: known sectors, asset classes and currencies have a fixed
 * place, anything else takes one from its name.
 */

const places: Record<string, number> = {
  'Information Technology': 1, 'Communication Services': 2, 'Health Care': 3, 'Consumer Discretionary': 4, Financials: 10,
  Industrials: 9, 'Consumer Staples': 6, Energy: 5, Materials: 7, Utilities: 3, 'Real Estate': 9, Unclassified: 8,
  equity: 1, etf: 2, fund: 10, bond: 3, commodity: 4, crypto: 7, cash: 8, other: 9,
  EUR: 1, USD: 2, GBP: 3, HKD: 4, CHF: 5, JPY: 6, CAD: 7,
};

function sumOfCodes(key: string): number {
  let sum = 0;
  for (let at = 0; at < key.length; at += 1) sum += key.charCodeAt(at);
  return sum;
}

export function seriesVariable(key: string, index: number): string {
  const lower = key.toLowerCase();
  const place = places[key] ?? places[lower] ?? ((index + sumOfCodes(key)) % 10) + 1;
  return `var(--s${place})`;
}

/** The theme's colour of a role, as the canvas needs it. */
export function roleVariable(role: string | undefined, index: number): string {
  switch (role) {
    case 'primary': return '--s1';
    case 'secondary': return '--s2';
    case 'benchmark': return '--s8';
    case 'positive': return '--gain';
    case 'negative': return '--loss';
    case 'neutral': return '--muted';
    case 'warning': return '--amber';
    default: {
      const numbered = /^series_(\d+)$/.exec(role ?? '');
      return `--s${numbered ? numbered[1] : (index % 10) + 1}`;
    }
  }
}

export function resolveVariable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
