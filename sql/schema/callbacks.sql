-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- How a PSAP's callback finds the caller on a platform.

-- The names in braces are those of modules/core/callback_form.h.  What is left
-- has only characters of a SIP URI (RFC 3261 25.1), or of one header line that
-- is none of the gateway's own.
CREATE FUNCTION e911.is_callback_form(form text, is_uri boolean)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT octet_length(form) <= 256
       AND CASE WHEN is_uri
           THEN filled ~ '^sips?:[][A-Za-z0-9_.!~*''()&=+$,;?/:@%-]+$'
            AND filled ~ '^[^@]+@[^@]+$'
           ELSE filled ~ '^[A-Za-z0-9!%*_+.~-]+: [\u0021-\u007a|~][\u0020-\u007a|~]*$'
            AND split_part(filled, ':', 1) !~* (
                '^(accept.*|allow.*|authorization|c|call-id|call-info|contact|'
                'content-.*|cseq|e|f|from|geolocation.*|i|identity|k|l|m|'
                'max-forwards|mime-version|min-se|p-asserted-identity|'
                'priority|privacy|proxy-.*|rack|record-route|replaces|'
                'require|resource-priority|route|rseq|session-expires|'
                'supported|t|to|v|via|x|y)$')
           END
      FROM regexp_replace(form, '\{(user|number|host|port|transport)\}',
                          'x', 'g') AS filled
$$;
COMMENT ON FUNCTION e911.is_callback_form(text, boolean) IS
    'true for a template of a SIP URI, or of a header line';

CREATE TABLE e911.trunk_callback (
    trunk_id    bigint PRIMARY KEY
                CONSTRAINT trunk_callback_trunk_exists REFERENCES e911.trunk,
    request_uri text NOT NULL
                CONSTRAINT trunk_callback_request_uri_is_a_template
                    CHECK (e911.is_callback_form(request_uri, true)),
    to_uri      text NOT NULL
                CONSTRAINT trunk_callback_to_uri_is_a_template
                    CHECK (e911.is_callback_form(to_uri, true)),
    header      text
                CONSTRAINT trunk_callback_header_is_a_line_of_its_own
                    CHECK (e911.is_callback_form(header, false)),
    CONSTRAINT trunk_callback_says_who_is_called
        CHECK (request_uri || to_uri ~ '\{(user|number)\}')
);
COMMENT ON TABLE e911.trunk_callback IS
    'what a callback over a trunk looks like; without a row here: template plain';
COMMENT ON COLUMN e911.trunk_callback.trunk_id IS
    'trunk that callbacks go out over';
COMMENT ON COLUMN e911.trunk_callback.request_uri IS
    'template of the Request-URI: {user} as the platform sent it, {number} in the trunk''s number_format, {host} {port} {transport} where it is sent to';
COMMENT ON COLUMN e911.trunk_callback.to_uri IS
    'template of the URI in To, with the same names';
COMMENT ON COLUMN e911.trunk_callback.header IS
    'template of one more header line, "Name: value"; NULL: none';

-- Genesys Cloud tells inbound calls of its organisations apart in one of four
-- ways ("Configure SIP routing for a BYOC Cloud trunk").  How they look in a
-- message is shown by the trunk's page, "Inbound Request-URI Reference": of
-- tgrp and dnis-replacement the layout here is inferred (RFC 4904 and the
-- names of the settings), not read there.
CREATE VIEW e911.callback_template AS
SELECT * FROM (VALUES
    ('plain',
     'sip:{user}@{host}:{port};transport={transport}',
     'sip:{user}@{host}', NULL,
     'SIP Server, PBX: user part as they sent it, at their address'),
    ('fqdn',
     'sip:{number}@<termination_id>.<domain>;transport={transport}',
     'sip:{number}@<termination_id>.<domain>', NULL,
     'Genesys Cloud, recommended'),
    ('tgrp',
     'sip:{number};tgrp=<termination_id>;trunk-context=<domain>@{host}:{port};transport={transport}',
     'sip:{number}@<domain>', NULL,
     'Genesys Cloud, trunk group (RFC 4904); layout inferred'),
    ('dnis-replacement',
     'sip:<termination_id>@<domain>;transport={transport}',
     'sip:{number}@<domain>', NULL,
     'Genesys Cloud, called number in To alone; layout inferred'),
    ('custom-header',
     'sip:{number}@<domain>;transport={transport}',
     'sip:{number}@<domain>', '<header>: <termination_id>',
     'Genesys Cloud, Inbound SIP Termination Header')
  ) AS t (template, request_uri, to_uri, header, used_for);
COMMENT ON VIEW e911.callback_template IS
    'templates by name, for callback_use(); its arguments stand in <>';
COMMENT ON COLUMN e911.callback_template.template IS
    'name of it';
COMMENT ON COLUMN e911.callback_template.request_uri IS
    'trunk_callback.request_uri';
COMMENT ON COLUMN e911.callback_template.to_uri IS
    'trunk_callback.to_uri';
COMMENT ON COLUMN e911.callback_template.header IS
    'trunk_callback.header; NULL: none';
COMMENT ON COLUMN e911.callback_template.used_for IS
    'for which platform';

CREATE FUNCTION e911.callback_use(trunk text, template text,
                                  termination_id text DEFAULT NULL,
                                  domain text DEFAULT NULL,
                                  header text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    used    record;
    id      bigint;
BEGIN
    SELECT t.trunk_id INTO id FROM e911.trunk t
     WHERE t.name = callback_use.trunk;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no trunk "%"', callback_use.trunk
            USING ERRCODE = 'no_data_found';
    END IF;
    SELECT t.request_uri, t.to_uri, t.header INTO used
      FROM e911.callback_template t
     WHERE t.template = callback_use.template;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no template "%"', callback_use.template
            USING ERRCODE = 'no_data_found',
                  HINT = 'SELECT * FROM e911.callback_template;';
    END IF;
    IF (termination_id IS NULL AND strpos(used::text, '<termination_id>') > 0)
       OR (domain IS NULL AND strpos(used::text, '<domain>') > 0)
       OR (header IS NULL AND strpos(used::text, '<header>') > 0) THEN
        RAISE EXCEPTION 'template "%" needs termination_id, domain or header',
            callback_use.template
            USING ERRCODE = 'null_value_not_allowed',
                  HINT = 'SELECT * FROM e911.callback_template;';
    END IF;
    INSERT INTO e911.trunk_callback AS c
           (trunk_id, request_uri, to_uri, header)
    SELECT id, f.filled[1], f.filled[2], f.filled[3]
      FROM (SELECT array_agg(replace(replace(replace(p.form,
                       '<termination_id>', coalesce(termination_id, '')),
                       '<domain>', coalesce(domain, '')),
                       '<header>', coalesce(callback_use.header, ''))
                       ORDER BY p.place) AS filled
              FROM unnest(ARRAY[used.request_uri, used.to_uri, used.header])
                   WITH ORDINALITY AS p (form, place)) AS f
    ON CONFLICT (trunk_id) DO UPDATE
       SET request_uri = excluded.request_uri, to_uri = excluded.to_uri,
           header = excluded.header;
END
$$;
COMMENT ON FUNCTION e911.callback_use(text, text, text, text, text) IS
    'lets a trunk be called back by a named template';
