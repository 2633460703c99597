/** Sign-in. Says nothing about which accounts exist; a lock-out says how long it lasts. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '@/api/client';
import { ApiProblem } from '@/api/problem';
import { sessionQuery, setupQuery } from '@/api/queries';
import { Button } from '@/components/Button';
import { Field } from '@/components/Field';
import { Failure } from '@/components/States';
import { Entrance } from '@/frame/Entrance';
import { queryClient } from '@/queryClient';
import { localPath } from '@/router';
import { text } from '@/text';

export function LoginPage() {
  const { next } = useSearch({ from: '/login' });
  const { data: setup } = useQuery(setupQuery);
  const router = useRouter();
  const [needsCode, setNeedsCode] = useState(false);
  const signIn = useMutation({
    mutationFn: (form: FormData) =>
      post('/api/auth/login', {
        email: form.get('email'),
        password: form.get('password'),
        ...(needsCode && { totp_code: form.get('totp_code') }),
        client: 'browser',
      }),
    onSuccess: async () => {
      await queryClient.query({ ...sessionQuery, staleTime: 0 });
      router.history.replace(localPath(next));
    },
    onError: (problem) => {
      if (problem instanceof ApiProblem && problem.code === 'totp_required') setNeedsCode(true);
    },
  });
  const problem = signIn.error;
  return (
    <Entrance title={text.login.title} lead={setup?.demo ? text.login.demo : undefined}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate(new FormData(event.currentTarget));
        }}
      >
        {problem !== null && !(needsCode && problem instanceof ApiProblem && problem.code === 'totp_required') && <SignInProblem problem={problem} />}
        <Field label={text.login.email}>{(control) => <input {...control} name="email" type="email" autoComplete="username" required autoFocus className="field" />}</Field>
        <Field label={text.login.password}>{(control) => <input {...control} name="password" type="password" autoComplete="current-password" required className="field" />}</Field>
        {needsCode && (
          <Field label={text.login.code} hint={text.login.codeHint}>
            {(control) => <input {...control} name="totp_code" inputMode="numeric" autoComplete="one-time-code" required autoFocus className="field mono" />}
          </Field>
        )}
        <Button type="submit" look="primary" className="w-full" busy={signIn.isPending}>{text.login.submit}</Button>
      </form>
    </Entrance>
  );
}

function SignInProblem({ problem }: { problem: unknown }) {
  if (problem instanceof ApiProblem) {
    const minutes = Math.max(1, Math.ceil((problem.retryAfterMs ?? 60_000) / 60_000));
    const message =
      problem.status === 423 ? text.login.locked(minutes) : problem.code === 'invalid_credentials' ? text.login.refused : undefined;
    if (message) {
      return <p role="alert" className="rounded-md border border-red/50 bg-red-wash px-3 py-2 text-sm text-red">{message}</p>;
    }
  }
  return <Failure error={problem} compact />;
}
