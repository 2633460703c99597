-- Adds rows of an import.
INSERT INTO dawsos.import_rows (user_id, import_id, line, part, raw, entry, row_key, status, problems, seq)
SELECT $1, $2, * FROM unnest($3::integer[], $4::integer[], $5::jsonb[], $6::jsonb[], $7::text[], $8::text[], $9::jsonb[], $10::bigint[])
