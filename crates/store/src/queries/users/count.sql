-- How many accounts there are, and how many of them are active administrators.
SELECT count(*), count(*) FILTER (WHERE role = 'ADMIN' AND status = 'active') FROM dawsos.users
