-- Keeps the answer of a key; served by idempotency_keys_pkey.
UPDATE dawsos.idempotency_keys SET state = 'done', response_status = $3, response_headers = $4, response_body = $5
WHERE user_id = $1 AND key = $2 AND state = 'running'
