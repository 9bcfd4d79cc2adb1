-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What call.announced says.

\set ON_ERROR_STOP on

BEGIN;

\ir 0040_tell_announcements/sentences.sql

INSERT INTO e911.schema_migration (number, name)
VALUES (40, 'tell_announcements');

COMMIT;
