-- One entry by its sequence number; served by ledger_entries_pkey.
SELECT seq, entry_id, action, kind, target_seq, account_id, security_id, effective_on, payload, external_id, recorded_at, commit, prev_commit, source, import_id, recorded_by
FROM dawsos.ledger_entries
WHERE user_id = $1 AND portfolio_id = $2 AND seq = $3
