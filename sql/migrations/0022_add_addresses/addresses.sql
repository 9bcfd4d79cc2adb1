-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Which addresses there are, and which PSAP serves them: ranges of house
-- numbers as in a Master Street Address Guide, single addresses, and whole
-- counties, postal codes and states.
--
-- e911d holds them in memory and compares there, with all spellings of a
-- street in one form (sidecar/address); what is here is refused only where it
-- is wrong in any spelling.

-- A range of texts, so that an exclusion constraint can ask for equal ones
-- without an extension.
CREATE TYPE e911.text_range AS RANGE (subtype = text, collation = "C");
COMMENT ON TYPE e911.text_range IS
    'for exclusion constraints: a text as a range';
COMMENT ON FUNCTION e911.text_range(text, text) IS
    'of the type text_range';
COMMENT ON FUNCTION e911.text_range(text, text, text) IS
    'of the type text_range';
COMMENT ON FUNCTION e911.text_multirange() IS
    'of the type text_range';
COMMENT ON FUNCTION e911.text_multirange(e911.text_range) IS
    'of the type text_range';
COMMENT ON FUNCTION e911.text_multirange(e911.text_range[]) IS
    'of the type text_range';

CREATE FUNCTION e911.street_key(country text, state text, community text,
                                predirectional text, prefix_type text,
                                street text, suffix text, postdirectional text,
                                number_prefix text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT upper(jsonb_build_array(country, state, community, predirectional,
                                   prefix_type, street, suffix, postdirectional,
                                   number_prefix)::text COLLATE "C")
$$;
COMMENT ON FUNCTION e911.street_key(text, text, text, text, text, text, text,
                                    text, text) IS
    'what tells one street from another, as one text without case';

-- Even numbers as they are, odd ones beyond all of them: so ranges of either
-- side of a street never meet, and one of both sides meets each.
CREATE FUNCTION e911.house_numbers(low integer, high integer, parity text)
    RETURNS int4multirange
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE WHEN low > high THEN '{}'::int4multirange
           ELSE CASE parity WHEN 'odd' THEN '{}'::int4multirange
                ELSE int4multirange(int4range(low, high, '[]')) END
              + CASE parity WHEN 'even' THEN '{}'::int4multirange
                ELSE int4multirange(int4range(low + 1000000000,
                                              high + 1000000000, '[]')) END END
$$;
COMMENT ON FUNCTION e911.house_numbers(integer, integer, text) IS
    'house numbers of a range, for comparison only: odd ones are 1000000000 more';

-- ---- ranges ----

CREATE TABLE e911.msag_range (
    range_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT msag_range_id_is_positive CHECK (range_id > 0),
    country         text NOT NULL DEFAULT 'US'
                    CONSTRAINT msag_range_country_is_us_or_ca
                        CHECK (country IN ('US', 'CA')),
    state           text NOT NULL
                    CONSTRAINT msag_range_state_is_two_capitals
                        CHECK (state ~ '^[A-Z]{2}$'),
    county          e911.label,
    community       e911.label NOT NULL
                    CONSTRAINT msag_range_community_is_at_most_32_characters
                        CHECK (length(community) <= 32),
    predirectional  text
                    CONSTRAINT msag_range_predirectional_is_known
                        CHECK (predirectional IN ('N', 'S', 'E', 'W', 'NE', 'NW',
                                                  'SE', 'SW')),
    prefix_type     e911.label
                    CONSTRAINT msag_range_prefix_type_is_at_most_20_characters
                        CHECK (length(prefix_type) <= 20),
    street          e911.label NOT NULL
                    CONSTRAINT msag_range_street_is_at_most_60_characters
                        CHECK (length(street) <= 60),
    suffix          e911.label
                    CONSTRAINT msag_range_suffix_is_at_most_20_characters
                        CHECK (length(suffix) <= 20),
    postdirectional text
                    CONSTRAINT msag_range_postdirectional_is_known
                        CHECK (postdirectional IN ('N', 'S', 'E', 'W', 'NE',
                                                   'NW', 'SE', 'SW')),
    number_prefix   e911.label
                    CONSTRAINT msag_range_number_prefix_is_at_most_15_characters
                        CHECK (length(number_prefix) <= 15),
    low             integer NOT NULL,
    high            integer NOT NULL
                    CONSTRAINT msag_range_high_is_at_most_999999999
                        CHECK (high <= 999999999),
    parity          text NOT NULL DEFAULT 'both'
                    CONSTRAINT msag_range_parity_is_known
                        CHECK (parity IN ('odd', 'even', 'both')),
    esn             text
                    CONSTRAINT msag_range_esn_is_at_most_5_characters
                        CHECK (esn ~ '^[0-9A-Z]{1,5}$'),
    psap_id         bigint NOT NULL
                    CONSTRAINT msag_range_psap_exists REFERENCES e911.psap,
    source          e911.printable,
    street_key      text NOT NULL GENERATED ALWAYS AS (
                        e911.street_key(country, state, community,
                                        predirectional, prefix_type, street,
                                        suffix, postdirectional,
                                        number_prefix)) STORED,
    numbers         int4multirange NOT NULL GENERATED ALWAYS AS (
                        e911.house_numbers(low, high, parity)) STORED,
    CONSTRAINT msag_range_low_is_0_to_high CHECK (low BETWEEN 0 AND high),
    -- A range of 0 to 0 is a street without numbers, and of no side.
    CONSTRAINT msag_range_has_a_number_of_its_parity
        CHECK (low < high OR parity = 'both'
               OR low % 2 = CASE parity WHEN 'odd' THEN 1 ELSE 0 END),
    CONSTRAINT msag_range_overlaps_no_other_of_its_street
        EXCLUDE USING gist (
            (e911.text_range(street_key, street_key, '[]')) WITH &&,
            numbers WITH &&)
);
CREATE INDEX msag_range_psap ON e911.msag_range (psap_id);
COMMENT ON TABLE e911.msag_range IS
    'ranges of house numbers that exist, and the PSAP of each: a Master Street Address Guide';
COMMENT ON COLUMN e911.msag_range.range_id IS
    'our own number of it';
COMMENT ON COLUMN e911.msag_range.country IS
    'US or CA';
COMMENT ON COLUMN e911.msag_range.state IS
    'state or province, its two capitals (RFC 5139 A1)';
COMMENT ON COLUMN e911.msag_range.county IS
    'county or parish (A2); NULL: not compared';
COMMENT ON COLUMN e911.msag_range.community IS
    'community name (A3)';
COMMENT ON COLUMN e911.msag_range.predirectional IS
    'direction before the street''s name (PRD)';
COMMENT ON COLUMN e911.msag_range.prefix_type IS
    'type before the name (RFC 6848 STP): Rue, Avenue';
COMMENT ON COLUMN e911.msag_range.street IS
    'name of the street alone (RD)';
COMMENT ON COLUMN e911.msag_range.suffix IS
    'type behind the name (STS), in any form of USPS Publication 28: St, Street';
COMMENT ON COLUMN e911.msag_range.postdirectional IS
    'direction behind the type (POD)';
COMMENT ON COLUMN e911.msag_range.number_prefix IS
    'what stands before the number of a house (HNP): 41- of 41-35, W123N of W123N456';
COMMENT ON COLUMN e911.msag_range.street_key IS
    'all that tells one street from another, for comparison only';
COMMENT ON COLUMN e911.msag_range.low IS
    'lowest number of a house; low and high 0: the street has none';
COMMENT ON COLUMN e911.msag_range.high IS
    'highest number of a house';
COMMENT ON COLUMN e911.msag_range.parity IS
    'side of the street: odd or even numbers, or both';
COMMENT ON COLUMN e911.msag_range.esn IS
    'emergency service number, as the guide has it; kept for its reader only';
COMMENT ON COLUMN e911.msag_range.psap_id IS
    'PSAP that serves these houses';
COMMENT ON COLUMN e911.msag_range.source IS
    'where it comes from: file, authority, date';
COMMENT ON COLUMN e911.msag_range.numbers IS
    'its house numbers, for comparison only: odd ones are 1000000000 more';

-- ---- single addresses ----

CREATE TABLE e911.address_point (
    point_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT address_point_id_is_positive CHECK (point_id > 0),
    country         text NOT NULL DEFAULT 'US'
                    CONSTRAINT address_point_country_is_us_or_ca
                        CHECK (country IN ('US', 'CA')),
    state           text NOT NULL
                    CONSTRAINT address_point_state_is_two_capitals
                        CHECK (state ~ '^[A-Z]{2}$'),
    county          e911.label,
    community       e911.label NOT NULL
                    CONSTRAINT address_point_community_is_at_most_32_characters
                        CHECK (length(community) <= 32),
    predirectional  text
                    CONSTRAINT address_point_predirectional_is_known
                        CHECK (predirectional IN ('N', 'S', 'E', 'W', 'NE', 'NW',
                                                  'SE', 'SW')),
    prefix_type     e911.label
                    CONSTRAINT address_point_prefix_type_is_at_most_20_characters
                        CHECK (length(prefix_type) <= 20),
    street          e911.label NOT NULL
                    CONSTRAINT address_point_street_is_at_most_60_characters
                        CHECK (length(street) <= 60),
    suffix          e911.label
                    CONSTRAINT address_point_suffix_is_at_most_20_characters
                        CHECK (length(suffix) <= 20),
    postdirectional text
                    CONSTRAINT address_point_postdirectional_is_known
                        CHECK (postdirectional IN ('N', 'S', 'E', 'W', 'NE',
                                                   'NW', 'SE', 'SW')),
    number_prefix   e911.label
                    CONSTRAINT address_point_number_prefix_is_at_most_15_characters
                        CHECK (length(number_prefix) <= 15),
    house_number    integer NOT NULL
                    CONSTRAINT address_point_house_number_is_0_to_999999999
                        CHECK (house_number BETWEEN 0 AND 999999999),
    number_suffix   e911.label
                    CONSTRAINT address_point_number_suffix_is_at_most_4_characters
                        CHECK (length(number_suffix) <= 4),
    postal_code     e911.label
                    CONSTRAINT address_point_postal_code_fits_the_country
                        CHECK (e911.is_postal_code(postal_code, country)),
    psap_id         bigint
                    CONSTRAINT address_point_psap_exists REFERENCES e911.psap,
    longitude       numeric(9, 6),
    latitude        numeric(8, 6),
    source          e911.printable,
    street_key      text NOT NULL GENERATED ALWAYS AS (
                        e911.street_key(country, state, community,
                                        predirectional, prefix_type, street,
                                        suffix, postdirectional,
                                        number_prefix)) STORED,
    CONSTRAINT address_point_is_in_north_america
        CHECK (e911.is_point(longitude, latitude)),
    CONSTRAINT address_point_has_a_psap_or_a_point
        CHECK (num_nonnulls(psap_id, longitude) > 0),
    CONSTRAINT address_point_is_there_once
        UNIQUE NULLS NOT DISTINCT (street_key, house_number, number_suffix)
);
CREATE INDEX address_point_psap ON e911.address_point (psap_id);
COMMENT ON TABLE e911.address_point IS
    'addresses that exist, one by one, with their PSAP or the point that tells it';
COMMENT ON COLUMN e911.address_point.point_id IS
    'our own number of it';
COMMENT ON COLUMN e911.address_point.country IS
    'US or CA';
COMMENT ON COLUMN e911.address_point.state IS
    'state or province, its two capitals (RFC 5139 A1)';
COMMENT ON COLUMN e911.address_point.county IS
    'county or parish (A2); NULL: not compared';
COMMENT ON COLUMN e911.address_point.community IS
    'community name (A3)';
COMMENT ON COLUMN e911.address_point.predirectional IS
    'direction before the street''s name (PRD)';
COMMENT ON COLUMN e911.address_point.prefix_type IS
    'type before the name (RFC 6848 STP): Rue, Avenue';
COMMENT ON COLUMN e911.address_point.street IS
    'name of the street alone (RD)';
COMMENT ON COLUMN e911.address_point.suffix IS
    'type behind the name (STS), in any form of USPS Publication 28: St, Street';
COMMENT ON COLUMN e911.address_point.postdirectional IS
    'direction behind the type (POD)';
COMMENT ON COLUMN e911.address_point.number_prefix IS
    'what stands before the number of a house (HNP): 41- of 41-35, W123N of W123N456';
COMMENT ON COLUMN e911.address_point.street_key IS
    'all that tells one street from another, for comparison only';
COMMENT ON COLUMN e911.address_point.house_number IS
    'number of the house (HNO)';
COMMENT ON COLUMN e911.address_point.number_suffix IS
    'what stands behind it (HNS): A, 1/2';
COMMENT ON COLUMN e911.address_point.postal_code IS
    'ZIP code or postal code (PC); NULL: not compared';
COMMENT ON COLUMN e911.address_point.psap_id IS
    'PSAP that serves it; NULL: that of the area that its point is in';
COMMENT ON COLUMN e911.address_point.longitude IS
    'degrees, WGS 84, west is negative; NULL: not known';
COMMENT ON COLUMN e911.address_point.latitude IS
    'degrees, WGS 84; NULL: not known';
COMMENT ON COLUMN e911.address_point.source IS
    'where it comes from: file, authority, date';

-- ---- counties, postal codes, states ----

CREATE TABLE e911.psap_coverage (
    coverage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                CONSTRAINT psap_coverage_id_is_positive CHECK (coverage_id > 0),
    psap_id     bigint NOT NULL
                CONSTRAINT psap_coverage_psap_exists REFERENCES e911.psap,
    country     text NOT NULL DEFAULT 'US'
                CONSTRAINT psap_coverage_country_is_us_or_ca
                    CHECK (country IN ('US', 'CA')),
    state       text
                CONSTRAINT psap_coverage_state_is_two_capitals
                    CHECK (state ~ '^[A-Z]{2}$'),
    county      e911.label,
    -- Five digits; in Canada six characters, or the three of the area.
    postal_code text
                CONSTRAINT psap_coverage_postal_code_fits_the_country
                    CHECK (postal_code ~ CASE country
                               WHEN 'US' THEN '^[0-9]{5}$'
                               ELSE '^[A-Z][0-9][A-Z]( [0-9][A-Z][0-9])?$' END),
    priority    smallint NOT NULL DEFAULT 100
                CONSTRAINT psap_coverage_priority_is_0_to_999
                    CHECK (priority BETWEEN 0 AND 999),
    kind        text NOT NULL GENERATED ALWAYS AS (
                    CASE WHEN postal_code IS NOT NULL THEN 'postal'
                         WHEN county IS NOT NULL THEN 'county'
                         ELSE 'state' END) STORED,
    CONSTRAINT psap_coverage_is_a_postal_code_or_has_a_state
        CHECK ((postal_code IS NULL) = (state IS NOT NULL)),
    CONSTRAINT psap_coverage_has_a_county_or_a_postal_code
        CHECK (num_nonnulls(county, postal_code) <= 1),
    CONSTRAINT psap_coverage_has_each_psap_once
        UNIQUE NULLS NOT DISTINCT (country, state, county, postal_code,
                                   psap_id)
);
CREATE INDEX psap_coverage_psap ON e911.psap_coverage (psap_id);
COMMENT ON TABLE e911.psap_coverage IS
    'counties, postal codes and states that a PSAP serves: where nothing better is known of a place';
COMMENT ON COLUMN e911.psap_coverage.coverage_id IS
    'our own number of it';
COMMENT ON COLUMN e911.psap_coverage.psap_id IS
    'PSAP that serves it';
COMMENT ON COLUMN e911.psap_coverage.country IS
    'US or CA';
COMMENT ON COLUMN e911.psap_coverage.state IS
    'state or province; NULL for a postal code';
COMMENT ON COLUMN e911.psap_coverage.county IS
    'county or parish; NULL: the whole state';
COMMENT ON COLUMN e911.psap_coverage.postal_code IS
    'ZIP code (98000), postal code (A1A 1A1) or the area that it begins with (A1A); the longer one wins';
COMMENT ON COLUMN e911.psap_coverage.priority IS
    'of several PSAPs of one place the smallest wins, then the one that was there first; the others are alternates';
COMMENT ON COLUMN e911.psap_coverage.kind IS
    'county, postal or state: which it is';

-- ---- the version ----

-- As psap_boundary_version: who changes what is here holds its row.
CREATE TABLE e911.address_book_version (
    singleton   boolean PRIMARY KEY DEFAULT true
                CONSTRAINT address_book_version_is_one_row CHECK (singleton),
    version     uuid NOT NULL DEFAULT gen_random_uuid(),
    changed_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE e911.address_book_version IS
    'which ranges, addresses and coverage there are: exactly one row';
COMMENT ON COLUMN e911.address_book_version.singleton IS
    'true: there is no second row';
COMMENT ON COLUMN e911.address_book_version.version IS
    'another one after each change of msag_range, address_point or psap_coverage';
COMMENT ON COLUMN e911.address_book_version.changed_at IS
    'when that was';
INSERT INTO e911.address_book_version DEFAULT VALUES;

CREATE FUNCTION e911.address_book_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    UPDATE e911.address_book_version
       SET version = gen_random_uuid(), changed_at = now();
    PERFORM pg_notify('e911_boundary', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.address_book_note() IS
    'trigger: ranges, addresses or coverage are other ones now; wakes e911d';
CREATE TRIGGER address_book_note
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON e911.msag_range
    FOR EACH STATEMENT EXECUTE FUNCTION e911.address_book_note();
CREATE TRIGGER address_book_note
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON e911.address_point
    FOR EACH STATEMENT EXECUTE FUNCTION e911.address_book_note();
CREATE TRIGGER address_book_note
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON e911.psap_coverage
    FOR EACH STATEMENT EXECUTE FUNCTION e911.address_book_note();
