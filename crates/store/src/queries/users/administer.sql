-- Changes role or status if the version is still the one given; served by users_pkey.
UPDATE dawsos.users SET role = coalesce($3, role), status = coalesce($4, status), version = version + 1
WHERE id = $1 AND version = $2
RETURNING id, version, email, display_name, password_hash, role, status, locale, time_zone, totp_secret_sealed, totp_confirmed_at, last_login_at, created_at
