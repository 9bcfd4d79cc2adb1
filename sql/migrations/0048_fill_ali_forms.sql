-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Records are pushed to ALI providers in JSON of their own, by forms.

\set ON_ERROR_STOP on

BEGIN;

\ir ../schema/ali_push_forms.sql

SELECT e911.tenants_divide()
\g /dev/null

REVOKE ALL ON e911.ali_push_form FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.ali_push_fields(),
    e911.ali_form_fill(jsonb, jsonb),
    e911.ali_form_is_valid(jsonb),
    e911.are_words(jsonb),
    e911.ali_push_body(text, text, text, bigint, jsonb)
    FROM PUBLIC;
GRANT SELECT ON e911.ali_push_form
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_push_form TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_push_fields(),
    e911.ali_form_fill(jsonb, jsonb),
    e911.ali_form_is_valid(jsonb),
    e911.are_words(jsonb),
    e911.ali_push_body(text, text, text, bigint, jsonb)
    TO e911_sidecar, e911_operator;

INSERT INTO e911.schema_migration (number, name)
VALUES (48, 'fill_ali_forms');

COMMIT;
