/** A rough measure for the strength bar. The server decides; this only guides while typing. */

export const shortestPassword = 12;

/** 0 (too short) to 4. Length counts most, variety a little, repetition takes away. */
export function strengthOf(password: string): 0 | 1 | 2 | 3 | 4 {
  if (Array.from(password).length < shortestPassword) return 0;
  const distinct = new Set(password).size;
  if (distinct < 5) return 1;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(password)).length;
  const score = Math.min(4, Math.floor(Array.from(password).length / 7) + (kinds >= 3 ? 1 : 0) + (distinct >= 12 ? 1 : 0));
  return Math.max(1, score) as 1 | 2 | 3 | 4;
}
