-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A call that went out with a number whose ALI record was not as it should be
-- says so.

\set ON_ERROR_STOP on

BEGIN;

\ir 0035_doubt_ali_records/ali_calls.sql
\ir 0035_doubt_ali_records/sentences.sql

REVOKE ALL ON FUNCTION e911.ali_doubt(text, bigint), e911.ali_call_note()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION e911.ali_doubt(text, bigint)
    TO e911_operator, e911_reader;

INSERT INTO e911.schema_migration (number, name)
VALUES (35, 'doubt_ali_records');

COMMIT;
