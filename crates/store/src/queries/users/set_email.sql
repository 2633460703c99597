-- Changes the address; served by users_pkey.
UPDATE dawsos.users SET email = $2, email_normalized = $3, version = version + 1 WHERE id = $1
