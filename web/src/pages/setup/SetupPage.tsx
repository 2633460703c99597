/** The first administrator. The token comes in the fragment, is read once and cleared from the address at once. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '@/api/client';
import { ApiProblem } from '@/api/problem';
import { sessionQuery, setupQuery } from '@/api/queries';
import { Button } from '@/components/Button';
import { CurrencySelect } from '@/components/CurrencySelect';
import { ErrorSummary, Field } from '@/components/Field';
import { Failure } from '@/components/States';
import { Entrance } from '@/frame/Entrance';
import { formErrors } from '@/lib/formErrors';
import { shortestPassword, strengthOf } from '@/lib/password';
import { localeChoices, zoneChoices } from '@/lib/locales';
import { queryClient } from '@/queryClient';
import { text } from '@/text';

function takeToken(): string {
  const token = window.location.hash.slice(1);
  if (token) history.replaceState(history.state, '', window.location.pathname);
  return token;
}

export function SetupPage() {
  const [token] = useState(takeToken);
  const { data: setup, error } = useQuery(setupQuery);
  if (error) return <Entrance title={text.setup.title}><Failure error={error} compact /></Entrance>;
  if (setup && !setup.needs_setup) {
    return (
      <Entrance title={text.setup.done}>
        <p className="text-sm text-muted">{text.setup.doneMore}</p>
        <p className="mt-4"><Link to="/login">{text.login.submit}</Link></p>
      </Entrance>
    );
  }
  if (!token) {
    return (
      <Entrance title={text.setup.title}>
        <p className="text-sm text-muted">{text.setup.noToken}</p>
        <p className="mono mt-3 rounded-[6px] border border-soft bg-bg px-3 py-2 text-xs">dawsos user setup-link</p>
      </Entrance>
    );
  }
  return (
    <Entrance title={text.setup.title} lead={text.setup.lead}>
      <SetupForm token={token} />
    </Entrance>
  );
}

function SetupForm({ token }: { token: string }) {
  const router = useRouter();
  const [password, setPassword] = useState('');
  const create = useMutation({
    mutationFn: (form: FormData) => post('/api/setup', { token, ...Object.fromEntries(form), password }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: setupQuery.queryKey });
      await queryClient.query({ ...sessionQuery, staleTime: 0 });
      router.history.replace('/overview');
    },
  });
  const errors = formErrors(create.error, (pointer) => `setup-${pointer.slice(1)}`);
  const strength = strengthOf(password);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(new FormData(event.currentTarget));
      }}
    >
      {create.error instanceof ApiProblem && create.error.errors.length > 0 ? (
        <ErrorSummary title={text.forms.check} errors={errors} />
      ) : (
        create.error !== null && <Failure error={create.error} compact />
      )}
      <Field id="setup-display_name" label={text.setup.name}>{(control) => <input {...control} name="display_name" autoComplete="name" required maxLength={120} autoFocus className="field" />}</Field>
      <Field id="setup-email" label={text.login.email}>{(control) => <input {...control} name="email" type="email" autoComplete="username" required className="field" />}</Field>
      <Field id="setup-password" label={text.setup.password} hint={password ? text.setup.strength(strength) : text.setup.passwordHint(shortestPassword)}>
        {(control) => (
          <>
            <input {...control} type="password" autoComplete="new-password" required minLength={shortestPassword} maxLength={128} className="field" value={password} onChange={(event) => setPassword(event.target.value)} />
            <span className="mt-1.5 flex gap-1" aria-hidden>
              {[1, 2, 3, 4].map((level) => <span key={level} className={`h-1 flex-1 rounded-full ${level <= strength ? 'bg-teal' : 'bg-line'}`} />)}
            </span>
          </>
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field id="setup-locale" label={text.setup.locale}>
          {(control) => <select {...control} name="locale" defaultValue={localeChoices().best} className="field">{localeChoices().all.map((tag) => <option key={tag.tag} value={tag.tag}>{tag.label}</option>)}</select>}
        </Field>
        <Field id="setup-time_zone" label={text.setup.zone}>
          {(control) => <select {...control} name="time_zone" defaultValue={zone} className="field">{zoneChoices(zone).map((name) => <option key={name}>{name}</option>)}</select>}
        </Field>
      </div>
      <Field id="setup-base_currency" label={text.setup.currency} hint={text.setup.currencyHint}>
        {(control) => <CurrencySelect {...control} name="base_currency" defaultValue="EUR" />}
      </Field>
      <Button type="submit" look="primary" className="w-full" busy={create.isPending}>{text.setup.submit}</Button>
    </form>
  );
}
