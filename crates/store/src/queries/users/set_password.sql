-- Sets a password and activates an invited account; served by users_pkey.
UPDATE dawsos.users
SET password_hash = $2, status = CASE status WHEN 'invited' THEN 'active' ELSE status END, version = version + 1
WHERE id = $1
