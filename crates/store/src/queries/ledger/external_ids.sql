-- Which external ids an account holds already, with the entry; served by ledger_entries_external_id_idx.
SELECT account_id, external_id, seq
FROM dawsos.ledger_entries
WHERE user_id = $1 AND account_id = ANY ($2) AND external_id = ANY ($3)
