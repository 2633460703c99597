-- Securities that carry one of the given codes on a day, with the code; served by security_identifiers_value_idx.
SELECT security.id, security.version, security.name, security.kind, security.currency, security.quote_unit, security.price_factor, security.primary_mic, security.country, security.sector, security.industry, security.classification_source, security.active_from, security.active_to, security.owner_user_id, security.attributes,
    (SELECT identifier.value FROM dawsos.security_identifiers AS identifier
     WHERE identifier.security_id = security.id AND identifier.scheme = 'symbol'
     ORDER BY identifier.valid_to DESC NULLS FIRST, identifier.valid_from DESC, identifier.value LIMIT 1) AS symbol,
    (SELECT identifier.value FROM dawsos.security_identifiers AS identifier
     WHERE identifier.security_id = security.id AND identifier.scheme = 'isin'
     ORDER BY identifier.valid_to DESC NULLS FIRST, identifier.valid_from DESC, identifier.value LIMIT 1) AS isin,
    named.scheme, named.value, named.mic
FROM dawsos.security_identifiers AS named
JOIN dawsos.securities AS security ON security.id = named.security_id
WHERE named.scheme = ANY ($1) AND named.value = ANY ($2)
  AND named.valid_from <= $3 AND (named.valid_to IS NULL OR named.valid_to >= $3)
ORDER BY named.value, named.scheme, security.owner_user_id NULLS LAST, security.id
