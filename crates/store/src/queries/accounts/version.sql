-- Version of an own account; served by accounts_pkey.
SELECT version FROM dawsos.accounts WHERE user_id = $1 AND id = $2
