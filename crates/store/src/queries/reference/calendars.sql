-- Days without a session of every calendar, and the years that each calendar covers; served by calendar_days_pkey.
SELECT calendar_id, array_agg(date ORDER BY date) FILTER (WHERE state = 'closed'), date_trunc('year', min(date))::date, max(date)
FROM dawsos.calendar_days
GROUP BY calendar_id
ORDER BY calendar_id
