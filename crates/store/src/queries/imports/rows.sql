-- Rows of an import in order of the file, after a position; served by import_rows_pkey.
SELECT line, part, raw, entry, row_key, status, problems, seq
FROM dawsos.import_rows
WHERE user_id = $1 AND import_id = $2 AND ($3::text[] IS NULL OR status = ANY ($3))
  AND ($4::integer IS NULL OR (line, part) > ($4, $5::integer))
ORDER BY line, part
LIMIT $6
