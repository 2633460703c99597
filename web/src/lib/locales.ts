/** Locales and time zones to choose from. */

const tags = ['en-GB', 'en-US', 'en-CA', 'en-AU', 'de-DE', 'de-CH', 'de-AT', 'fr-FR', 'fr-CA', 'fr-CH', 'es-ES', 'it-IT', 'nl-NL', 'pt-PT', 'pt-BR', 'pl-PL', 'sv-SE', 'da-DK', 'nb-NO', 'fi-FI', 'ja-JP', 'zh-CN', 'zh-HK'];

/** Texts are English for now; the locale decides how figures and dates are written. */
export function localeChoices(): { all: { tag: string; label: string }[]; best: string } {
  const names = new Intl.DisplayNames(['en'], { type: 'language' });
  const all = tags.map((tag) => ({ tag, label: names.of(tag) ?? tag }));
  const wanted = navigator.languages.find((language) => tags.includes(language));
  return { all, best: wanted ?? 'en-GB' };
}

export function zoneChoices(current: string): string[] {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set([current, 'UTC', ...known])];
}
