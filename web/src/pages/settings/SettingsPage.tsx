/** Own profile, password, display and devices. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { post, send } from '@/api/client';
import { devicesQuery, portfoliosQuery, sessionQuery } from '@/api/queries';
import type { Device, Envelope } from '@/api/types';
import { Button } from '@/components/Button';
import { Chip } from '@/components/Chip';
import { ErrorSummary, Field, Segmented } from '@/components/Field';
import { Panel } from '@/components/Panel';
import { Failure, Loaded, SkeletonRows } from '@/components/States';
import { PageHeader } from '@/frame/PageHeader';
import { themeOptions } from '@/frame/TopBar';
import { useSession } from '@/frame/scope';
import { announce } from '@/lib/announce';
import { useAppearance } from '@/lib/appearance';
import { useDisplay } from '@/lib/display';
import { deviceName } from '@/lib/device';
import { useFormat } from '@/lib/format/context';
import { formErrors } from '@/lib/formErrors';
import { localeChoices, zoneChoices } from '@/lib/locales';
import { shortestPassword } from '@/lib/password';
import { queryClient } from '@/queryClient';
import { text } from '@/text';

export function SettingsPage() {
  return (
    <>
      <PageHeader title={text.nav.settings} />
      <div className="grid max-w-5xl gap-(--gap) lg:grid-cols-2">
        <Profile />
        <Display />
        <Password />
        <Devices />
      </div>
    </>
  );
}

function Saved({ shown }: { shown: boolean }) {
  return <span role="status" className="text-xs text-gain">{shown ? text.settings.saved : ''}</span>;
}

function Profile() {
  const { user } = useSession();
  const { data: portfolios = [] } = useQuery(portfoliosQuery);
  const save = useMutation({
    mutationFn: async (form: FormData) => {
      const { etag } = await send<Envelope<unknown>>('GET', '/api/profile');
      const change = Object.fromEntries([...form].map(([name, value]) => [name, value === '' ? null : value]));
      await send('PATCH', '/api/profile', { body: change, ifMatch: etag });
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
  return (
    <Panel title={text.settings.profile}>
      <form
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(new FormData(event.currentTarget));
        }}
      >
        {save.error !== null && <div className="sm:col-span-2"><Failure error={save.error} compact /></div>}
        <Field label={text.setup.name}>{(control) => <input {...control} name="display_name" defaultValue={user.display_name} required maxLength={120} autoComplete="name" className="field" />}</Field>
        <Field label={text.login.email}>{(control) => <input {...control} value={user.email} readOnly disabled className="field" />}</Field>
        <Field label={text.setup.locale} hint={text.settings.localeHint}>
          {(control) => (
            <select {...control} name="locale" defaultValue={user.locale} className="field">
              {!localeChoices().all.some((choice) => choice.tag === user.locale) && <option>{user.locale}</option>}
              {localeChoices().all.map((choice) => <option key={choice.tag} value={choice.tag}>{choice.label}</option>)}
            </select>
          )}
        </Field>
        <Field label={text.setup.zone}>
          {(control) => <select {...control} name="time_zone" defaultValue={user.time_zone} className="field">{zoneChoices(user.time_zone).map((zone) => <option key={zone}>{zone}</option>)}</select>}
        </Field>
        {portfolios.length > 1 && (
          <Field label={text.settings.defaultPortfolio} className="sm:col-span-2">
            {(control) => (
              <select {...control} name="default_portfolio_id" defaultValue={user.default_portfolio_id ?? ''} className="field">
                <option value="">—</option>
                {portfolios.map((portfolio) => <option key={portfolio.id} value={portfolio.id}>{portfolio.name}</option>)}
              </select>
            )}
          </Field>
        )}
        <div className="flex items-center justify-end gap-3 sm:col-span-2">
          <Saved shown={save.isSuccess} />
          <Button type="submit" busy={save.isPending}>{text.actions.save}</Button>
        </div>
      </form>
    </Panel>
  );
}

function Display() {
  const shown = useAppearance();
  const { change, error } = useDisplay();
  return (
    <Panel title={text.settings.display}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-4 text-sm">
        <Row label={text.settings.theme}>
          <Segmented label={text.settings.theme} value={shown.theme} options={themeOptions} onChange={(theme) => change({ theme })} />
        </Row>
        <Row label={text.settings.density}>
          <Segmented label={text.settings.density} value={shown.density} options={[{ value: 'comfortable', label: text.settings.densities.comfortable }, { value: 'compact', label: text.settings.densities.compact }]} onChange={(density) => change({ density })} />
        </Row>
        <Row label={text.settings.signs}>
          <Segmented
            label={text.settings.signs}
            value={shown.signs}
            options={[
              { value: 'green_red', label: text.settings.signChoices.green_red },
              { value: 'red_green', label: text.settings.signChoices.red_green },
              { value: 'blue_orange', label: text.settings.signChoices.blue_orange },
            ]}
            onChange={(signs) => change({ signs })}
          />
        </Row>
        <Row label={text.settings.privacy}>
          <label className="flex items-center gap-2">
            <input type="checkbox" className="size-4 accent-(--teal-fill)" checked={shown.privacy} onChange={(event) => change({ privacy: event.target.checked })} />
            {text.settings.privacyHint}
          </label>
        </Row>
      </dl>
      {error !== null && <Failure error={error} compact />}
    </Panel>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted max-sm:col-span-2 max-sm:-mb-3">{label}</dt>
      <dd className="max-sm:col-span-2">{children}</dd>
    </>
  );
}

function Password() {
  const [done, setDone] = useState(0);
  const change = useMutation({
    mutationFn: (form: FormData) => post('/api/auth/password', { current_password: form.get('current_password'), new_password: form.get('new_password') }),
    onSuccess: async () => {
      announce(text.settings.passwordChanged);
      setDone(done + 1);
      await queryClient.invalidateQueries({ queryKey: devicesQuery.queryKey });
    },
  });
  const errors = formErrors(change.error, (pointer) => `password-${pointer.slice(1)}`);
  return (
    <Panel title={text.settings.password}>
      <form
        key={done}
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(new FormData(event.currentTarget));
        }}
      >
        <ErrorSummary title={text.forms.check} errors={errors} />
        <Field id="password-current_password" label={text.settings.currentPassword}>{(control) => <input {...control} name="current_password" type="password" autoComplete="current-password" required className="field" />}</Field>
        <Field id="password-new_password" label={text.settings.newPassword} hint={text.setup.passwordHint(shortestPassword)}>
          {(control) => <input {...control} name="new_password" type="password" autoComplete="new-password" required minLength={shortestPassword} maxLength={128} className="field" />}
        </Field>
        <p className="text-xs text-muted">{text.settings.passwordEnds}</p>
        <div className="flex items-center justify-end gap-3">
          <Saved shown={change.isSuccess} />
          <Button type="submit" busy={change.isPending}>{text.settings.changePassword}</Button>
        </div>
      </form>
    </Panel>
  );
}

function Devices() {
  const query = useQuery(devicesQuery);
  const f = useFormat();
  const end = useMutation({
    mutationFn: (device: Device) => send('DELETE', `/api/sessions/${device.id}`),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  });
  return (
    <Panel title={text.settings.devices}>
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {(devices) => (
          <ul className="divide-y divide-soft text-sm">
            {devices.map((device) => (
              <li key={device.id} className="flex items-center gap-3 py-2.5">
                <div className="min-w-0 flex-1">
                  <p className="truncate" title={device.user_agent ?? undefined}>{deviceName(device.user_agent) ?? text.settings.unknownDevice}</p>
                  <p className="text-xs text-muted">{[device.address, text.settings.lastSeen(f.dateTime(device.last_seen_at))].filter(Boolean).join(' · ')}</p>
                </div>
                {device.current ? <Chip tone="teal">{text.settings.thisDevice}</Chip> : <Button small busy={end.isPending && end.variables.id === device.id} onClick={() => end.mutate(device)}>{text.settings.endSession}</Button>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {end.error !== null && <Failure error={end.error} compact />}
    </Panel>
  );
}
