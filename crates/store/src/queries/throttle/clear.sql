-- Forgets the failures of a name; served by login_throttle_pkey.
DELETE FROM dawsos.login_throttle WHERE key_hash = $1
