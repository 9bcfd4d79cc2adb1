-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A trunk has a profile: which headers and bodies may cross to it.  What an event
-- says names what is new in call.started.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    ADD COLUMN profile text
        CONSTRAINT trunk_profile_is_known
            CHECK (profile IN ('legacy', 'pbx', 'i3'));
COMMENT ON COLUMN e911.trunk.profile IS
    'what may cross to it: legacy, a number and a session description; pbx, bodies whole; i3, as an ESInet wants it; NULL: pbx for origin, legacy for the others';

\ir ../schema/sentences.sql

INSERT INTO e911.schema_migration (number, name) VALUES (2, 'add_trunk_profile');

COMMIT;
