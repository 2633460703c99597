-- Adds or replaces rows of the projection; served by cash_balances_pkey.
INSERT INTO dawsos.cash_balances (user_id, portfolio_id,
    account_id, currency, settled, pending, last_seq)
SELECT $1, $2,
    account_id, currency, settled, pending, last_seq
FROM unnest(
    $3::uuid[], $4::text[], $5::numeric[], $6::numeric[], $7::bigint[])
    AS new (
    account_id, currency, settled, pending, last_seq)
ON CONFLICT (user_id, account_id, currency) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    settled = EXCLUDED.settled, pending = EXCLUDED.pending, last_seq = EXCLUDED.last_seq
