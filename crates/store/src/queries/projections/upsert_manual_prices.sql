-- Adds or replaces rows of the projection; served by manual_prices_pkey.
INSERT INTO dawsos.manual_prices (user_id, portfolio_id,
    security_id, date, price, currency, seq)
SELECT $1, $2,
    security_id, date, price, currency, seq
FROM unnest(
    $3::uuid[], $4::date[], $5::numeric[], $6::text[], $7::bigint[])
    AS new (
    security_id, date, price, currency, seq)
ON CONFLICT (user_id, portfolio_id, security_id, date) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    price = EXCLUDED.price, currency = EXCLUDED.currency, seq = EXCLUDED.seq
