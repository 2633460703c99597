-- Adds an account.
INSERT INTO dawsos.users (id, email, email_normalized, display_name, password_hash, role, status, locale, time_zone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id, version, email, display_name, password_hash, role, status, locale, time_zone, totp_secret_sealed, totp_confirmed_at, last_login_at, created_at
