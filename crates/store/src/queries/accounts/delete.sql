-- Deletes an account without entries (foreign keys refuse otherwise); served by accounts_pkey.
DELETE FROM dawsos.accounts WHERE user_id = $1 AND id = $2 AND version = $3
