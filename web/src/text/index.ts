/** The strings of the interface. One catalogue per language, of the same shape; English is the first. */

import { en } from './en';

export const text = en;
export type Texts = typeof en;
