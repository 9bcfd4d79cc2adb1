-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- e911d brings files of ALI records to providers: where and when.

\set ON_ERROR_STOP on

BEGIN;

\ir 0042_deliver_ali_files/ali_delivery.sql
\ir 0042_deliver_ali_files/sentences.sql

SELECT e911.tenants_divide()
\g /dev/null

REVOKE ALL ON e911.ali_delivery, e911.ali_delivery_state, e911.ali_file,
    e911.ali_delivery_status
    FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.ali_delivery_next(e911.ali_delivery, timestamptz),
    e911.ali_delivery_plan(),
    e911.ali_push_now(text),
    e911.ali_delivery_planned(text),
    e911.ali_file_store(text, integer, integer, text),
    e911.ali_file_delivered(bigint),
    e911.ali_delivery_failed(text, text)
    FROM PUBLIC;
GRANT SELECT ON e911.ali_delivery, e911.ali_delivery_state, e911.ali_file,
    e911.ali_delivery_status
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_delivery TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_delivery_next(e911.ali_delivery, timestamptz),
    e911.ali_push_now(text)
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_take(text),
    e911.ali_delivery_planned(text),
    e911.ali_file_store(text, integer, integer, text),
    e911.ali_file_delivered(bigint),
    e911.ali_delivery_failed(text, text)
    TO e911_sidecar;

INSERT INTO e911.schema_migration (number, name)
VALUES (42, 'deliver_ali_files');

COMMIT;
