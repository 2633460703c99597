-- The entry with an id and those that void or amend it, in order; served by ledger_entries_entry_id_key and _target_seq_key.
WITH RECURSIVE history AS (
    SELECT * FROM dawsos.ledger_entries WHERE user_id = $1 AND entry_id = $2
    UNION ALL
    SELECT later.* FROM history
    JOIN dawsos.ledger_entries AS later
      ON later.user_id = history.user_id AND later.portfolio_id = history.portfolio_id AND later.target_seq = history.seq
     AND later.action IN ('void', 'amend')
)
SELECT seq, entry_id, action, kind, target_seq, account_id, security_id, effective_on, payload, external_id, recorded_at, commit, prev_commit, source, import_id, recorded_by, portfolio_id
FROM history
ORDER BY seq
