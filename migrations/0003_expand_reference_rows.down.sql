DELETE FROM dawsos.calendar_days;
DELETE FROM dawsos.exchanges;
DELETE FROM dawsos.currencies;
