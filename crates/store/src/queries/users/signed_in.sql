-- Notes a successful sign-in; served by users_pkey.
UPDATE dawsos.users SET last_login_at = $2 WHERE id = $1
