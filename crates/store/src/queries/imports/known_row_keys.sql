-- Which row keys committed imports of a portfolio wrote already; served by import_rows_row_key_idx.
SELECT row.row_key
FROM dawsos.import_rows AS row
JOIN dawsos.imports AS import ON import.user_id = row.user_id AND import.id = row.import_id
WHERE row.user_id = $1 AND row.row_key = ANY ($3) AND row.seq IS NOT NULL
  AND import.status = 'committed' AND import.portfolio_id = $2
