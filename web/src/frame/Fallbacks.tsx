/** What is shown when a page does not exist or breaks. */

import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { Failure } from '@/components/States';
import { text } from '@/text';

export function NotFound() {
  return (
    <main className="grid min-h-dvh place-content-center gap-3 px-6 text-center">
      <h1 className="text-xl font-semibold">{text.frame.notFound}</h1>
      <p className="text-muted">{text.frame.notFoundTry}</p>
      <Link to="/overview">{text.nav.overview}</Link>
    </main>
  );
}

export function PageFailure({ error, reset }: ErrorComponentProps) {
  return (
    <main className="mx-auto max-w-xl px-6 py-16">
      <div className="card">
        <Failure error={error} retry={reset} />
      </div>
    </main>
  );
}
