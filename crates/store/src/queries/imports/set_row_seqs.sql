-- Notes which entry each row wrote; served by import_rows_pkey.
UPDATE dawsos.import_rows AS row SET seq = written.seq
FROM unnest($3::integer[], $4::integer[], $5::bigint[]) AS written (line, part, seq)
WHERE row.user_id = $1 AND row.import_id = $2 AND row.line = written.line AND row.part = written.part
