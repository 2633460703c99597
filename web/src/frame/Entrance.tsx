/** The quiet page around sign-in and setup. */

import { useEffect, type ReactNode } from 'react';
import { Logo } from './Navigation';

export function Entrance({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · DawsOS`;
  }, [title]);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-[400px]">
        <div className="mb-6 flex items-center gap-3">
          <Logo />
          <span className="text-base font-semibold tracking-tight">DawsOS</span>
        </div>
        <div className="card p-6">
          <h1 className="text-lg font-semibold">{title}</h1>
          {lead !== undefined && <p className="mt-1 text-sm text-muted">{lead}</p>}
          <div className="mt-5">{children}</div>
        </div>
      </div>
    </main>
  );
}
