-- Adds a security.
INSERT INTO dawsos.securities (id, name, kind, currency, quote_unit, price_factor, primary_mic, country, sector, industry,
    classification_source, active_from, active_to, owner_user_id, attributes, search_text)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
