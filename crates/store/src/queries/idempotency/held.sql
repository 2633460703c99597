-- What a key holds; served by idempotency_keys_pkey.
SELECT request_hash, state, response_status, response_headers, response_body
FROM dawsos.idempotency_keys WHERE user_id = $1 AND key = $2
