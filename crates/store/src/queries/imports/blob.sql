-- A kept file; served by blobs_pkey.
SELECT media_type, bytes, content FROM dawsos.blobs WHERE user_id = $1 AND sha256 = $2
