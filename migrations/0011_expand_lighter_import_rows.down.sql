CREATE INDEX import_rows_status_idx ON dawsos.import_rows (user_id, import_id, status, line, part);
