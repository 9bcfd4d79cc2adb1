-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- e911d fetches files of errors from ALI providers.

\set ON_ERROR_STOP on

BEGIN;

\ir ../schema/ali_responses.sql
\ir ../schema/sentences.sql

SELECT e911.tenants_divide()
\g /dev/null

REVOKE ALL ON e911.ali_fetch, e911.ali_fetch_state, e911.ali_response
    FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.ali_fetch_plan(),
    e911.ali_fetch_now(text),
    e911.ali_fetched(text, text),
    e911.ali_response_due(text, text),
    e911.ali_response_seen(text, text, text),
    e911.ali_response_store(text, text, text, text, text)
    FROM PUBLIC;
GRANT SELECT ON e911.ali_fetch, e911.ali_fetch_state, e911.ali_response
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_fetch TO e911_operator;
GRANT EXECUTE ON FUNCTION e911.ali_fetch_now(text) TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_fetched(text, text),
    e911.ali_response_due(text, text),
    e911.ali_response_seen(text, text, text),
    e911.ali_response_store(text, text, text, text, text)
    TO e911_sidecar;

INSERT INTO e911.schema_migration (number, name)
VALUES (46, 'fetch_ali_errors');

COMMIT;
