-- Keeps a file; the same file again changes nothing but its expiry. Served by blobs_pkey.
INSERT INTO dawsos.blobs AS kept (user_id, sha256, media_type, bytes, content, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, sha256) DO UPDATE SET expires_at = greatest(kept.expires_at, EXCLUDED.expires_at)
