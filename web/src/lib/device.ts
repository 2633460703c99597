/** A browser and its system in words, from what it calls itself; the whole text where neither is known. */

const browsers: [RegExp, string][] = [[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/HeadlessChrome\//, 'Chrome (headless)'], [/Chrom(e|ium)\//, 'Chrome'], [/Safari\//, 'Safari']];
const systems: [RegExp, string][] = [[/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']];

export function deviceName(userAgent: string | null | undefined): string | undefined {
  const text = userAgent?.trim();
  if (!text) return undefined;
  const name = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(text))?.[1];
  return [name(browsers), name(systems)].filter(Boolean).join(', ') || text;
}
