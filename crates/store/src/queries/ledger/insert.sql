-- Appends entries; the trigger checks sequence and chain once per statement and moves the head of the portfolio.
INSERT INTO dawsos.ledger_entries (user_id, portfolio_id, seq, entry_id, action, kind, target_seq, account_id, security_id,
    effective_on, payload, prev_commit, commit, source, import_id, external_id, recorded_at, recorded_by)
SELECT $1, $2, seq, entry_id, action, kind, target_seq, account_id, security_id,
    effective_on, payload, prev_commit, commit, $3, $4, external_id, recorded_at, $5
FROM unnest($6::bigint[], $7::uuid[], $8::text[], $9::text[], $10::bigint[], $11::uuid[], $12::uuid[],
    $13::date[], $14::jsonb[], $15::bytea[], $16::bytea[], $17::text[], $18::timestamptz[])
    AS new (seq, entry_id, action, kind, target_seq, account_id, security_id,
    effective_on, payload, prev_commit, commit, external_id, recorded_at)
