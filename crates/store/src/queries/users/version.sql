-- Version of an account; served by users_pkey.
SELECT version FROM dawsos.users WHERE id = $1
