-- An account by its normalised address; served by users_email_normalized_key.
SELECT id, version, email, display_name, password_hash, role, status, locale, time_zone, totp_secret_sealed, totp_confirmed_at, last_login_at, created_at FROM dawsos.users WHERE email_normalized = $1
