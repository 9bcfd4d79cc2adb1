-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Views for the usual questions.

\set ON_ERROR_STOP on

BEGIN;

\ir 0016_add_questions/questions.sql

INSERT INTO e911.schema_migration (number, name) VALUES (16, 'add_questions');

COMMIT;
