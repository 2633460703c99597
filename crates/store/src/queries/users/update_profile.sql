-- Changes the user's own profile if its version is still the one given; served by users_pkey.
UPDATE dawsos.users
SET display_name = coalesce($3, display_name), locale = coalesce($4, locale), time_zone = coalesce($5, time_zone), version = version + 1
WHERE id = $1 AND version = $2
RETURNING id, version, email, display_name, role, status, locale, time_zone, totp_confirmed_at, last_login_at, created_at
