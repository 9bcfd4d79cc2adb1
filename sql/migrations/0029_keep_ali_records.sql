-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- ALI: providers, which numbers have their records with them, and the records.

\set ON_ERROR_STOP on

BEGIN;

\ir 0029_keep_ali_records/ali.sql

SELECT e911.tenants_divide()
\g /dev/null

REVOKE ALL ON e911.ali_provider, e911.ali_numbers, e911.ali_record,
    e911.ali_candidate, e911.ali_waiting, e911.ali_cycle, e911.ali_audit,
    e911.ali_order
    FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.ali_provider_of(text, bigint),
    e911.ali_source(text[], bigint[]),
    e911.ali_note(),
    e911.ali_check(),
    e911.ali_believed(e911.ali_record),
    e911.ali_function(e911.ali_record),
    e911.ali_record_settle(),
    e911.ali_forget(text[]),
    e911.ali_store(bigint[], text[], bigint[], text[], jsonb[], jsonb[],
                   text[], boolean[]),
    e911.ali_take(text),
    e911.ali_answer(text, text, text, text, text, bigint),
    e911.ali_accept_rest(text, integer),
    e911.ali_request(text, text, text)
    FROM PUBLIC;
GRANT SELECT ON e911.ali_provider, e911.ali_numbers, e911.ali_record,
    e911.ali_candidate, e911.ali_waiting, e911.ali_cycle, e911.ali_audit
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_provider, e911.ali_numbers
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_provider_of(text, bigint),
    e911.ali_believed(e911.ali_record),
    e911.ali_function(e911.ali_record)
    TO e911_sidecar, e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION
    e911.ali_source(text[], bigint[]),
    e911.ali_store(bigint[], text[], bigint[], text[], jsonb[], jsonb[],
                   text[], boolean[])
    TO e911_sidecar;
GRANT EXECUTE ON FUNCTION e911.ali_check() TO e911_sidecar, e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_take(text),
    e911.ali_answer(text, text, text, text, text, bigint),
    e911.ali_accept_rest(text, integer),
    e911.ali_request(text, text, text)
    TO e911_operator;

INSERT INTO e911.schema_migration (number, name)
VALUES (29, 'keep_ali_records');

COMMIT;
