-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What carries the voice on a trunk.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    ADD COLUMN media text NOT NULL DEFAULT 'rtp'
        CONSTRAINT trunk_media_is_known
            CHECK (media IN ('rtp', 'sdes', 'dtls', 'pass'));
COMMENT ON COLUMN e911.trunk.media IS
    'what is offered there when rtpengine is used: rtp; sdes: SRTP, keys in the SDP; dtls: SRTP, keys by DTLS; pass: never through rtpengine, SDP as it is';

\ir 0009_add_trunk_media/sentences.sql

-- Every record of a trunk looks different now.
INSERT INTO e911.change_log (entity) VALUES ('everything');
NOTIFY e911_change;

INSERT INTO e911.schema_migration (number, name) VALUES (9, 'add_trunk_media');

COMMIT;
