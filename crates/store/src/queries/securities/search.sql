-- Securities whose code or name begins with a text, or one of whose words does; exact codes first.
-- Codes served by security_identifiers_value_prefix_idx, names by securities_search_text_idx.
WITH pattern AS (
    SELECT replace(replace(replace($1, '\', '\\'), '%', '\%'), '_', '\_') AS text
), found AS (
    SELECT identifier.security_id AS id, min(CASE WHEN identifier.value = upper($1) THEN 0 ELSE 1 END) AS rank
    FROM dawsos.security_identifiers AS identifier, pattern
    WHERE identifier.value LIKE upper(pattern.text) || '%' AND identifier.scheme IN ('symbol', 'isin', 'figi', 'cusip', 'sedol', 'wkn')
    GROUP BY identifier.security_id
    UNION ALL
    SELECT security.id, 2
    FROM dawsos.securities AS security, pattern
    WHERE security.search_text LIKE lower(pattern.text) || '%' OR security.search_text LIKE '% ' || lower(pattern.text) || '%'
)
SELECT security.id, security.version, security.name, security.kind, security.currency, security.quote_unit, security.price_factor, security.primary_mic, security.country, security.sector, security.industry, security.classification_source, security.active_from, security.active_to, security.owner_user_id, security.attributes,
    (SELECT identifier.value FROM dawsos.security_identifiers AS identifier
     WHERE identifier.security_id = security.id AND identifier.scheme = 'symbol'
     ORDER BY identifier.valid_to DESC NULLS FIRST, identifier.valid_from DESC, identifier.value LIMIT 1) AS symbol,
    (SELECT identifier.value FROM dawsos.security_identifiers AS identifier
     WHERE identifier.security_id = security.id AND identifier.scheme = 'isin'
     ORDER BY identifier.valid_to DESC NULLS FIRST, identifier.valid_from DESC, identifier.value LIMIT 1) AS isin
FROM (SELECT id, min(rank) AS rank FROM found GROUP BY id) AS best
JOIN dawsos.securities AS security ON security.id = best.id
ORDER BY best.rank, lower(security.name), security.id
LIMIT $2
