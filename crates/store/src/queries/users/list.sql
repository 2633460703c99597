-- All accounts after a position, for administration; served by users_pkey.
SELECT id, version, email, display_name, password_hash, role, status, locale, time_zone, totp_secret_sealed, totp_confirmed_at, last_login_at, created_at FROM dawsos.users WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
