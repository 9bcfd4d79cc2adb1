-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A route that is passed over because an organisation has its share of it.

\set ON_ERROR_STOP on

BEGIN;

\ir 0013_name_whose_share_is_full/sentences.sql

INSERT INTO e911.schema_migration (number, name)
VALUES (13, 'name_whose_share_is_full');

COMMIT;
