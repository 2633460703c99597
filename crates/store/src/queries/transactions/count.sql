-- How many transactions the filter of page.sql has; served by transactions_trade_date_idx.
SELECT count(*)
FROM dawsos.transactions
WHERE user_id = $1 AND portfolio_id = $2
  AND ($3::uuid IS NULL OR security_id = $3)
  AND ($4::uuid IS NULL OR account_id = $4)
  AND ($5::text[] IS NULL OR kind = ANY ($5))
  AND ($6::text[] IS NULL OR status = ANY ($6))
  AND ($7::date IS NULL OR trade_date >= $7)
  AND ($8::date IS NULL OR trade_date <= $8)
  AND ($9::text IS NULL OR tags @> ARRAY[$9])
  AND ($10::text IS NULL OR note ILIKE '%' || replace(replace(replace($10, '\', '\\'), '%', '\%'), '_', '\_') || '%'
       OR external_id = $10)
