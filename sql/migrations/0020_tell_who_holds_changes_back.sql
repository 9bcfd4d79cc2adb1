-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Alarms of the publisher in plain words.

\set ON_ERROR_STOP on

BEGIN;

\ir 0020_tell_who_holds_changes_back/sentences.sql

INSERT INTO e911.schema_migration (number, name)
VALUES (20, 'tell_who_holds_changes_back');

COMMIT;
