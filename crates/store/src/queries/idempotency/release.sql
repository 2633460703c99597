-- Frees a key whose request did nothing; served by idempotency_keys_pkey.
DELETE FROM dawsos.idempotency_keys WHERE user_id = $1 AND key = $2 AND state = 'running'
