-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The kinds of text that the other tables are made of.  A domain says once
-- what would otherwise be a CHECK on twenty columns; to a client it is text.

DO $$
BEGIN
    -- Names go into SIP, LMDB and XML as UTF-8, byte for byte.
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database has encoding %, and e911 needs UTF8',
            current_setting('server_encoding')
            USING HINT = 'createdb --encoding=UTF8 --template=template0';
    END IF;
END
$$;

CREATE SCHEMA e911;
COMMENT ON SCHEMA e911 IS
    'E911 gateway: what is provisioned, what calls there were';

-- C0 and C1 controls would break SIP header lines (RFC 3261 25.1), XML and
-- ALI records; U+2028 to U+202E and U+2066 to U+2069 turn lines around on a
-- dispatcher's screen.
CREATE DOMAIN e911.printable AS text
    CONSTRAINT printable_is_not_blank
        CHECK (VALUE <> '' AND VALUE = btrim(VALUE))
    CONSTRAINT printable_has_no_control_characters
        CHECK (VALUE !~
               '[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]')
    CONSTRAINT printable_is_at_most_512_bytes
        CHECK (octet_length(VALUE) <= 512);
COMMENT ON DOMAIN e911.printable IS
    'one line for people: not blank, no control characters, <= 512 bytes';

-- IDENTITY_VALUE_MAX in modules/core/identity.h: what fits a directory key.
CREATE DOMAIN e911.label AS e911.printable
    CONSTRAINT label_is_at_most_128_bytes
        CHECK (octet_length(VALUE) <= 128);
COMMENT ON DOMAIN e911.label IS
    'a name or identifier: printable and <= 128 bytes';

-- ITU-T E.164 6.2.1: at most 15 digits.  Within +1 the number is a NANP one,
-- whose area code and exchange begin with 2 to 9 (ATIS-0300051 3).
CREATE DOMAIN e911.e164 AS text
    CONSTRAINT e164_is_plus_and_digits
        CHECK (VALUE ~ '^\+[1-9][0-9]{6,14}$')
    CONSTRAINT e164_in_north_america_is_nanp
        CHECK (VALUE !~ '^\+1[0-9]*$'
            OR VALUE ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$');
COMMENT ON DOMAIN e911.e164 IS
    'telephone number, E.164 with the plus: +12065550100';

-- What a platform may put where a calling number is expected.  The gateway
-- turns whatever looks like a NANP number into E.164 before it asks the
-- directory, so such a value would never be found.
CREATE DOMAIN e911.dialled AS e911.label
    CONSTRAINT dialled_has_no_blanks
        CHECK (VALUE !~ '\s')
    CONSTRAINT dialled_with_plus_is_e164
        CHECK (VALUE !~ '^\+'
            OR VALUE ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'
            OR VALUE ~ '^\+[2-9][0-9]{6,14}$')
    CONSTRAINT dialled_nanp_number_is_written_as_e164
        CHECK (VALUE !~ '^1?[2-9][0-9]{2}[2-9][0-9]{6}$');
COMMENT ON DOMAIN e911.dialled IS
    'calling number as a platform sends it: E.164, or an internal number';

-- ::ffff:a.b.c.d would be a second spelling of a.b.c.d in the directory, which
-- keeps both as the same 16 bytes.
CREATE DOMAIN e911.host AS inet
    CONSTRAINT host_is_one_address
        CHECK (masklen(VALUE) = CASE family(VALUE) WHEN 4 THEN 32 ELSE 128 END)
    CONSTRAINT host_is_unicast
        CHECK (NOT VALUE <<= ANY (ARRAY['0.0.0.0/8', '224.0.0.0/3', '::/128',
                                        'ff00::/8']::inet[]))
    CONSTRAINT host_is_not_ipv4_mapped
        CHECK (NOT VALUE <<= inet '::ffff:0:0/96');
COMMENT ON DOMAIN e911.host IS
    'one unicast IP address';

-- RFC 1123 2.1, RFC 1034 3.1: labels of letters, digits and hyphens.  The last
-- one is not all digits: an address belongs into the column beside.  Names are
-- absolute, and a dot at the end would be a second spelling.
CREATE DOMAIN e911.host_name AS text
    CONSTRAINT host_name_is_labels_with_dots_between
        CHECK (VALUE ~* ('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
                         '(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$'))
    CONSTRAINT host_name_is_no_address
        CHECK (VALUE !~ '(^|\.)[0-9]+$')
    CONSTRAINT host_name_is_at_most_253_bytes
        CHECK (octet_length(VALUE) <= 253);
COMMENT ON DOMAIN e911.host_name IS
    'name of a host in the DNS, whole, without a dot at its end';

CREATE DOMAIN e911.ip_range AS cidr
    CONSTRAINT ip_range_is_no_larger_than_8_or_ipv6_16
        CHECK (masklen(VALUE) >= CASE family(VALUE) WHEN 4 THEN 8 ELSE 16 END)
    CONSTRAINT ip_range_is_unicast
        CHECK (NOT VALUE::inet <<= ANY (ARRAY['0.0.0.0/8', '224.0.0.0/3',
                                              '::/128', 'ff00::/8']::inet[]))
    CONSTRAINT ip_range_is_not_ipv4_mapped
        CHECK (NOT VALUE::inet <<= inet '::ffff:0:0/96');
COMMENT ON DOMAIN e911.ip_range IS
    'addresses that share a prefix: /8 (IPv6: /16) up to a single one';

-- RFC 5321 4.5.3.1, without quoted local parts, which nobody has.
CREATE DOMAIN e911.email AS text
    CONSTRAINT email_is_name_at_domain
        CHECK (VALUE ~ ('^[A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}'
                        '@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?'
                        '(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$'))
    CONSTRAINT email_is_at_most_254_bytes
        CHECK (octet_length(VALUE) <= 254);
COMMENT ON DOMAIN e911.email IS
    'one e-mail address, without a name before it';

-- The mask names the bit that a group's address has (IEEE 802 8.2).
CREATE DOMAIN e911.station_mac AS macaddr
    CONSTRAINT station_mac_is_no_group
        CHECK (VALUE & '01:00:00:00:00:00' = '00:00:00:00:00:00'
               AND VALUE <> '00:00:00:00:00:00');
COMMENT ON DOMAIN e911.station_mac IS
    'hardware address of one station or radio';

CREATE FUNCTION e911.is_postal_code(code text, country text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE country
           WHEN 'US' THEN code ~ '^[0-9]{5}(-[0-9]{4})?$'
           WHEN 'CA' THEN code ~ '^[A-Z][0-9][A-Z] [0-9][A-Z][0-9]$'
           ELSE true END
$$;
COMMENT ON FUNCTION e911.is_postal_code(text, text) IS
    'true for a postal code as the country writes it';

-- The US with Guam and Samoa, and Canada.  Who writes the two numbers the
-- wrong way around, or forgets the minus, is told so.
CREATE FUNCTION e911.is_point(longitude numeric, latitude numeric)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE num_nonnulls(longitude, latitude)
           WHEN 0 THEN true
           WHEN 2 THEN latitude BETWEEN -15 AND 84
                   AND (longitude BETWEEN -180 AND -50
                        OR longitude BETWEEN 144 AND 180)
           ELSE false END
$$;
COMMENT ON FUNCTION e911.is_point(numeric, numeric) IS
    'true for a point in the US or Canada, and for none at all';

CREATE FUNCTION e911.is_identify_order(kinds text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(array_ndims(kinds), 0) = 1
       AND kinds <@ ARRAY['device_user', 'mac', 'ip', 'number', 'extension']
       AND cardinality(kinds) = (SELECT count(DISTINCT k)
                                   FROM unnest(kinds) AS k)
$$;
COMMENT ON FUNCTION e911.is_identify_order(text[]) IS
    'true for a list of identity kinds without repetition, at least one';

CREATE TABLE e911.schema_migration (
    number      integer PRIMARY KEY
                CONSTRAINT schema_migration_number_is_positive
                    CHECK (number > 0),
    name        e911.label NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE e911.schema_migration IS
    'migrations that this database has seen; e911d insists on its own number';
COMMENT ON COLUMN e911.schema_migration.number IS
    'number of the file in sql/migrations';
COMMENT ON COLUMN e911.schema_migration.name IS
    'the rest of its name';
COMMENT ON COLUMN e911.schema_migration.applied_at IS
    'when it was applied here';
