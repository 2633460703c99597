-- Adds a shared security, or brings it up to date; served by securities_pkey.
INSERT INTO dawsos.securities AS kept (id, name, kind, currency, quote_unit, price_factor, primary_mic, country, sector, industry,
    classification_source, active_from, active_to, owner_user_id, attributes, search_text)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL, $14, $15)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, kind = EXCLUDED.kind, currency = EXCLUDED.currency,
    quote_unit = EXCLUDED.quote_unit, price_factor = EXCLUDED.price_factor, primary_mic = EXCLUDED.primary_mic,
    country = EXCLUDED.country, sector = EXCLUDED.sector, industry = EXCLUDED.industry,
    classification_source = EXCLUDED.classification_source, active_from = EXCLUDED.active_from, active_to = EXCLUDED.active_to,
    attributes = EXCLUDED.attributes, search_text = EXCLUDED.search_text, version = kept.version + 1
WHERE (kept.name, kept.kind, kept.currency, kept.quote_unit, kept.price_factor, kept.primary_mic, kept.country, kept.sector, kept.industry,
    kept.classification_source, kept.active_from, kept.active_to, kept.attributes, kept.search_text)
  IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.kind, EXCLUDED.currency, EXCLUDED.quote_unit, EXCLUDED.price_factor, EXCLUDED.primary_mic,
    EXCLUDED.country, EXCLUDED.sector, EXCLUDED.industry, EXCLUDED.classification_source, EXCLUDED.active_from, EXCLUDED.active_to,
    EXCLUDED.attributes, EXCLUDED.search_text)
