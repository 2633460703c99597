-- An account by id, for sign-in and administration; served by users_pkey.
SELECT id, version, email, display_name, password_hash, role, status, locale, time_zone, totp_secret_sealed, totp_confirmed_at, last_login_at, created_at FROM dawsos.users WHERE id = $1
