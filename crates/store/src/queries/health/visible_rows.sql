-- Tables with rows that this role sees; without a user that must be none.
SELECT name FROM (
    SELECT 'users' AS name WHERE EXISTS (SELECT FROM dawsos.users)
    UNION ALL SELECT 'portfolios' WHERE EXISTS (SELECT FROM dawsos.portfolios)
    UNION ALL SELECT 'accounts' WHERE EXISTS (SELECT FROM dawsos.accounts)
    UNION ALL SELECT 'ledger_entries' WHERE EXISTS (SELECT FROM dawsos.ledger_entries)
    UNION ALL SELECT 'transactions' WHERE EXISTS (SELECT FROM dawsos.transactions)
    UNION ALL SELECT 'lots' WHERE EXISTS (SELECT FROM dawsos.lots)
    UNION ALL SELECT 'executions' WHERE EXISTS (SELECT FROM dawsos.executions)
    UNION ALL SELECT 'results' WHERE EXISTS (SELECT FROM dawsos.results)
    UNION ALL SELECT 'imports' WHERE EXISTS (SELECT FROM dawsos.imports)
    UNION ALL SELECT 'blobs' WHERE EXISTS (SELECT FROM dawsos.blobs)
) AS visible
