-- Until when a name is locked out; served by login_throttle_pkey.
SELECT locked_until FROM dawsos.login_throttle WHERE key_hash = $1 AND locked_until > $2
