-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Everything that is in the first release.
--
-- The files included here are those of the current schema, as long as they
-- are what this migration means: SHA256SUMS pins them.  Who changes one puts
-- the pinned text into 0001_initial/ first; ../README.md tells how.

\set ON_ERROR_STOP on
\ir ../roles.sql

BEGIN;

\ir 0001_initial/types.sql
\ir 0001_initial/organizations.sql
\ir 0001_initial/routes.sql
\ir 0001_initial/places.sql
\ir 0001_initial/limits.sql
\ir 0001_initial/change_log.sql
\ir 0001_initial/calls.sql
\ir 0001_initial/event_store.sql
\ir 0001_initial/views.sql
\ir 0001_initial/grants.sql

INSERT INTO e911.schema_migration (number, name) VALUES (1, 'initial');

COMMIT;
