-- The user's own profile, named columns only; served by users_pkey.
SELECT id, version, email, display_name, role, status, locale, time_zone, totp_confirmed_at, last_login_at, created_at
FROM dawsos.users WHERE id = $1
