-- Removes rows of the projection that the ledger no longer has; served by lot_events_pkey.
DELETE FROM dawsos.lot_events AS stored
USING unnest($3::uuid[], $4::bigint[], $5::integer[]) AS old (lot_id, seq, part)
WHERE stored.user_id = $1 AND stored.portfolio_id = $2 AND stored.lot_id = old.lot_id AND stored.seq = old.seq AND stored.part = old.part
