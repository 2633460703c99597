-- Deletes an import that wrote nothing, with its rows; served by imports_pkey.
DELETE FROM dawsos.imports WHERE user_id = $1 AND id = $2 AND status NOT IN ('committed', 'reverted')
