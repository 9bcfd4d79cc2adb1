-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who was refused a location, in plain words.

\set ON_ERROR_STOP on

BEGIN;

\ir 0023_tell_who_asks_for_locations/sentences.sql

INSERT INTO e911.schema_migration (number, name)
VALUES (23, 'tell_who_asks_for_locations');

COMMIT;
