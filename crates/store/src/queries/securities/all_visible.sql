-- All securities that the role sees: shared ones, own ones, those of shared portfolios.
SELECT security.id, security.version, security.name, security.kind, security.currency, security.quote_unit, security.price_factor, security.primary_mic, security.country, security.sector, security.industry, security.classification_source, security.active_from, security.active_to, security.owner_user_id, security.attributes,
    (SELECT identifier.value FROM dawsos.security_identifiers AS identifier
     WHERE identifier.security_id = security.id AND identifier.scheme = 'symbol'
     ORDER BY identifier.valid_to DESC NULLS FIRST, identifier.valid_from DESC, identifier.value LIMIT 1) AS symbol,
    (SELECT identifier.value FROM dawsos.security_identifiers AS identifier
     WHERE identifier.security_id = security.id AND identifier.scheme = 'isin'
     ORDER BY identifier.valid_to DESC NULLS FIRST, identifier.valid_from DESC, identifier.value LIMIT 1) AS isin
FROM dawsos.securities AS security
ORDER BY security.id
