-- Takes a key if it is free or expired; gives no row when it is in use. Served by idempotency_keys_pkey.
INSERT INTO dawsos.idempotency_keys AS held (user_id, key, method, path, request_hash, state, expires_at)
VALUES ($1, $2, $3, $4, $5, 'running', $7::timestamptz + make_interval(secs => $6))
ON CONFLICT (user_id, key) DO UPDATE
SET method = EXCLUDED.method, path = EXCLUDED.path, request_hash = EXCLUDED.request_hash, state = 'running',
    response_status = NULL, response_headers = NULL, response_body = NULL, expires_at = EXCLUDED.expires_at, created_at = $7
WHERE held.expires_at <= $7
RETURNING key
