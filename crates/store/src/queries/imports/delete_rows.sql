-- Deletes the rows of an unfinished import, before it is read again; served by import_rows_pkey.
DELETE FROM dawsos.import_rows WHERE user_id = $1 AND import_id = $2 AND seq IS NULL
