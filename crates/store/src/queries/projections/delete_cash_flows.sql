-- Removes rows of the projection that the ledger no longer has; served by cash_flows_pkey.
DELETE FROM dawsos.cash_flows AS stored
USING unnest($3::bigint[], $4::integer[]) AS old (seq, part)
WHERE stored.user_id = $1 AND stored.portfolio_id = $2 AND stored.seq = old.seq AND stored.part = old.part
