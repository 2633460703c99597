/** Problems of a request, tied to the fields of the form that sent it. */

import { ApiProblem } from '@/api/problem';
import type { ListedError } from '@/components/Field';
import { text } from '@/text';

/** `fieldOf` turns a pointer of the problem into the id of a control; nothing when the form has none. */
export function formErrors(error: unknown, fieldOf: (pointer: string) => string | undefined): ListedError[] {
  if (error === null || error === undefined) return [];
  if (!(error instanceof ApiProblem)) return [{ message: text.states.unexpected }];
  if (error.errors.length === 0) return [{ message: error.detail || error.title }];
  return error.errors.map((problem) => ({
    field: problem.pointer ? fieldOf(problem.pointer) : undefined,
    message: [problem.detail, problem.try].filter(Boolean).join('. '),
  }));
}
