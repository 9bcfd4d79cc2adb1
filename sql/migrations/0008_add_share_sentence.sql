-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What the event share.full says.

\set ON_ERROR_STOP on

BEGIN;

\ir 0008_add_share_sentence/sentences.sql

INSERT INTO e911.schema_migration (number, name)
VALUES (8, 'add_share_sentence');

COMMIT;
