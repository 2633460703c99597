DROP TABLE dawsos.calendar_days;
DROP TABLE dawsos.exchanges;
DROP TABLE dawsos.currencies;
