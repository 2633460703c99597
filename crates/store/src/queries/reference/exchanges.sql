-- All exchanges.
SELECT mic, operating_mic, name, country, time_zone, currency, calendar_id, settlement_days FROM dawsos.exchanges ORDER BY mic
