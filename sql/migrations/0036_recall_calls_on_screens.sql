-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The history of an on-site screen.

\set ON_ERROR_STOP on

BEGIN;

\ir ../schema/screen_history.sql
REVOKE ALL ON FUNCTION e911.screen_history(bigint, bigint, text, bigint,
                                           bigint, bigint) FROM PUBLIC;

INSERT INTO e911.schema_migration (number, name)
VALUES (36, 'recall_calls_on_screens');

COMMIT;
