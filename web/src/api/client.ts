/**
 * The one way to the server: session cookie, CSRF token on writes, problems as errors.
 * Invariant: nothing is retried here, and nothing of the answer is changed.
 */

import { ApiProblem, NetworkProblem, type ProblemBody } from './problem';
import type { paths } from './schema';

/** Addresses of the OpenAPI document with their parameters filled in: a route that does not exist does not compile. */
type Filled<Template extends string> = Template extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : Template;
export type ApiPath = Filled<Extract<keyof paths, string>>;

type QueryValue = string | number | boolean | undefined | null | readonly string[];

export interface RequestOptions {
  query?: Record<string, QueryValue>;
  body?: unknown;
  form?: FormData;
  idempotencyKey?: string;
  ifMatch?: string;
  signal?: AbortSignal;
}

export interface Response<T> {
  body: T;
  etag: string | undefined;
}

let csrfToken: string | undefined;

/** Told by the session query; kept in memory only. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

function address(path: string, query: Record<string, QueryValue> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value)) for (const item of value) parameters.append(name, String(item));
    else parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

/** A new key for one intended write: a repetition of the same intent must send the same key. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

export async function send<T>(method: string, path: ApiPath, options: RequestOptions = {}): Promise<Response<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken;
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  if (options.ifMatch) headers['If-Match'] = options.ifMatch;
  let payload: BodyInit | undefined;
  if (options.form) payload = options.form;
  else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    payload = JSON.stringify(options.body);
  }
  let answer: globalThis.Response;
  try {
    answer = await fetch(address(path, options.query), { method, headers, body: payload, credentials: 'same-origin', signal: options.signal });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new NetworkProblem(cause);
  }
  const text = await answer.text();
  const isJson = answer.headers.get('Content-Type')?.includes('json') ?? false;
  const parsed: unknown = text && isJson ? JSON.parse(text) : undefined;
  if (!answer.ok) {
    const body: ProblemBody = (parsed as ProblemBody | undefined) ?? {};
    if (!body.request_id) body.request_id = answer.headers.get('X-Request-Id') ?? undefined;
    throw new ApiProblem(answer.status, body, answer.headers.get('Retry-After'));
  }
  return { body: parsed as T, etag: answer.headers.get('ETag') ?? undefined };
}

export async function get<T>(path: ApiPath, options?: RequestOptions): Promise<T> {
  return (await send<T>('GET', path, options)).body;
}

export async function post<T>(path: ApiPath, body?: unknown, options?: RequestOptions): Promise<T> {
  return (await send<T>('POST', path, { ...options, body })).body;
}
