-- Counts a failure in the window and locks out at the limit; served by login_throttle_pkey.
INSERT INTO dawsos.login_throttle AS throttle (key_hash, failures, window_started_at, locked_until)
VALUES ($1, 1, $5::timestamptz, CASE WHEN $2 <= 1 THEN $5::timestamptz + make_interval(secs => $4) END)
ON CONFLICT (key_hash) DO UPDATE SET
    failures = CASE WHEN throttle.window_started_at < $5::timestamptz - make_interval(secs => $3) THEN 1 ELSE throttle.failures + 1 END,
    window_started_at = CASE WHEN throttle.window_started_at < $5::timestamptz - make_interval(secs => $3) THEN $5::timestamptz ELSE throttle.window_started_at END,
    locked_until = CASE
        WHEN (CASE WHEN throttle.window_started_at < $5::timestamptz - make_interval(secs => $3) THEN 1 ELSE throttle.failures + 1 END) >= $2
        THEN $5::timestamptz + make_interval(secs => $4)
        ELSE throttle.locked_until END
RETURNING failures, locked_until
