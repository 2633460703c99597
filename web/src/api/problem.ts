/** A failure as the server explains it (RFC 9457), or as the network caused it. Shown with what to try, never as a raw code. */

import type { FieldProblem } from './types';

export interface ProblemBody {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  request_id?: string;
  try?: string;
  errors?: FieldProblem[];
  retry_after_ms?: number;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly tryThis: string | undefined;
  readonly errors: FieldProblem[];
  readonly retryAfterMs: number | undefined;

  constructor(status: number, body: ProblemBody, retryAfterSeconds?: string | null) {
    super(body.detail ?? body.title ?? `status ${status}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = body.code ?? 'unknown';
    this.title = body.title ?? '';
    this.detail = body.detail ?? '';
    this.requestId = body.request_id;
    this.tryThis = body.try;
    this.errors = body.errors ?? [];
    const seconds = Number(retryAfterSeconds);
    this.retryAfterMs = body.retry_after_ms ?? (retryAfterSeconds && Number.isFinite(seconds) ? seconds * 1000 : undefined);
  }

  /** The server said when to come back: the page counts down instead of showing a failure. */
  get isBusy(): boolean {
    return this.status === 503 || this.status === 429;
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

/** No answer at all: offline, refused, or cut. */
export class NetworkProblem extends Error {
  constructor(cause: unknown) {
    super('the server cannot be reached', { cause });
    this.name = 'NetworkProblem';
  }
}
