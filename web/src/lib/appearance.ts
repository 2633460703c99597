/**
 * Display choices: theme, density, colours of signs, privacy.
 * Kept on the server for all devices and in this browser for the first paint; nothing of the books is in here.
 */

import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'dark' | 'light' | 'contrast';
export type Density = 'comfortable' | 'compact';
export type Signs = 'green_red' | 'red_green' | 'blue_orange';

export interface Appearance {
  theme: Theme;
  density: Density;
  signs: Signs;
  privacy: boolean;
}

const key = 'dawsos.appearance';
const initial: Appearance = { theme: 'dark', density: 'comfortable', signs: 'green_red', privacy: false };

function read(): Appearance {
  try {
    return { ...initial, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Appearance>) };
  } catch {
    return initial;
  }
}

let current = read();
const listeners = new Set<() => void>();
const lightSystem = () => matchMedia('(prefers-color-scheme: light)');

/** What the server kept, as far as this build knows it; a newer value leaves the choice as it is. */
export function knownAppearance(kept: { theme?: string | null; density?: string | null; signs?: string | null; privacy?: boolean | null }): Partial<Appearance> {
  const known: Partial<Appearance> = {};
  if (kept.theme === 'system' || kept.theme === 'dark' || kept.theme === 'light' || kept.theme === 'contrast') known.theme = kept.theme;
  if (kept.density === 'comfortable' || kept.density === 'compact') known.density = kept.density;
  if (kept.signs === 'green_red' || kept.signs === 'red_green' || kept.signs === 'blue_orange') known.signs = kept.signs;
  if (typeof kept.privacy === 'boolean') known.privacy = kept.privacy;
  return known;
}

/** The theme that is drawn: `system` resolved. */
export function shownTheme(theme: Theme): 'dark' | 'light' | 'contrast' {
  if (theme !== 'system') return theme;
  return lightSystem().matches ? 'light' : 'dark';
}

function apply(): void {
  const root = document.documentElement;
  root.dataset.theme = shownTheme(current.theme);
  root.dataset.density = current.density;
  root.dataset.signs = current.signs;
  for (const listener of listeners) listener();
}

export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // A browser without storage keeps the choice until the page is left.
  }
  apply();
}

export function appearance(): Appearance {
  return current;
}

/** Follows the system while the choice is `system`. Called once at start. */
export function watchSystemTheme(): void {
  lightSystem().addEventListener('change', apply);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, appearance);
}
