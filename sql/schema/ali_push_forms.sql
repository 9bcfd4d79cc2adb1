-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What is pushed to a provider that wants another JSON than docs/ALI.md says:
-- a form that is filled in, and the words of its answers.  Data, no code.

CREATE FUNCTION e911.ali_push_fields() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT ARRAY[
        'number', 'order', 'function', 'layout', 'record', 'npa',
        'calling_number', 'house_number', 'house_number_suffix',
        'prefix_directional', 'street_name', 'street', 'street_suffix',
        'post_directional', 'community_name', 'state', 'location',
        'customer_name', 'class_of_service', 'type_of_service',
        'exchange', 'esn', 'main_npa', 'main_number', 'order_number',
        'extract_date', 'county_id', 'company_id', 'source_id',
        'zip_code', 'zip_4', 'general_use', 'customer_code', 'comments',
        'x_coordinate', 'y_coordinate', 'z_coordinate', 'cell_id',
        'sector_id', 'tar_code', 'alt', 'expanded_extract_date',
        'century', 'msag_customer_id', 'company_name', 'cycle_counter',
        'release_number', 'format_version', 'record_count', 'nothing']
$$;
COMMENT ON FUNCTION e911.ali_push_fields() IS
    'what a form may name in braces: of the order, and fields of sidecar/ali/field.def';

-- {name} in texts.  A text that is nothing else becomes the value itself: a
-- number, an object, or nothing at all.
CREATE FUNCTION e911.ali_form_fill(form jsonb, filling jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    said    CONSTANT text := form #>> '{}';
BEGIN
    RETURN CASE jsonb_typeof(form)
        WHEN 'object' THEN (
            SELECT coalesce(jsonb_object_agg(m.key, m.filled)
                            FILTER (WHERE m.filled IS NOT NULL), '{}')
              FROM (SELECT key, e911.ali_form_fill(value, filling) AS filled
                      FROM jsonb_each(form)) AS m)
        WHEN 'array' THEN (
            SELECT coalesce(jsonb_agg(e.filled ORDER BY e.place)
                            FILTER (WHERE e.filled IS NOT NULL), '[]')
              FROM (SELECT e911.ali_form_fill(value, filling) AS filled, place
                      FROM jsonb_array_elements(form)
                           WITH ORDINALITY AS v (value, place)) AS e)
        WHEN 'string' THEN
            CASE WHEN said ~ '^[{][a-z_0-9]+[}]$'
                 THEN filling -> btrim(said, '{}')
                 ELSE (SELECT to_jsonb(coalesce(string_agg(
                                  p.part[1] || coalesce(
                                      filling ->> p.part[2], ''), ''), ''))
                         FROM regexp_matches(said,
                                  '([^{}]*)(?:[{]([a-z_0-9]+)[}])?', 'g')
                              AS p (part)) END
        ELSE form END;
END
$$;
COMMENT ON FUNCTION e911.ali_form_fill(jsonb, jsonb) IS
    'a form with what stands in braces filled in';

CREATE FUNCTION e911.ali_form_is_valid(form jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN CASE jsonb_typeof(form)
        WHEN 'object' THEN (
            SELECT coalesce(bool_and(e911.ali_form_is_valid(m.value)), true)
              FROM jsonb_each(form) AS m)
        WHEN 'array' THEN (
            SELECT coalesce(bool_and(e911.ali_form_is_valid(e.value)), true)
              FROM jsonb_array_elements(form) AS e)
        WHEN 'string' THEN
            regexp_replace(form #>> '{}', '[{]('
                || array_to_string(e911.ali_push_fields(), '|') || ')[}]', '',
                'g') !~ '[{}]'
        ELSE true END;
END
$$;
COMMENT ON FUNCTION e911.ali_form_is_valid(jsonb) IS
    'true: all that stands in braces is known';

CREATE FUNCTION e911.are_words(words jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE WHEN jsonb_typeof(words) = 'object' THEN (
        SELECT coalesce(bool_and(jsonb_typeof(w.value) = 'string'
                                 AND w.value #>> '{}' ~ '^[!-~]{1,40}$'), true)
          FROM jsonb_each(words) AS w) ELSE false END
$$;
COMMENT ON FUNCTION e911.are_words(jsonb) IS
    'true: an object whose members are words';

CREATE TABLE e911.ali_push_form (
    ali_provider_id bigint PRIMARY KEY
                    CONSTRAINT ali_push_form_provider_exists
                        REFERENCES e911.ali_provider,
    body            jsonb NOT NULL
                    CONSTRAINT ali_push_form_body_is_an_object_of_known_fields
                        CHECK (jsonb_typeof(body) = 'object'
                           AND e911.ali_form_is_valid(body)
                           AND octet_length(body::text) <= 8192),
    functions       jsonb NOT NULL DEFAULT '{}'
                    CONSTRAINT ali_push_form_functions_are_words
                        CHECK (e911.are_words(functions)
                           AND functions - ARRAY['I', 'C', 'D', 'U', 'M', 'E']
                               = '{}'),
    header          text
                    CONSTRAINT ali_push_form_header_is_one_without_a_secret
                        CHECK (header ~ '^[A-Za-z0-9-]{1,64}: [!-~][ -~]{0,199}$'
                           AND header !~* '^(authorization|content-|host|idempotency-key|transfer-encoding|connection|expect)'),
    token_header    text NOT NULL DEFAULT 'Authorization: Bearer {token}'
                    CONSTRAINT ali_push_form_token_header_has_the_token
                        CHECK (token_header ~ '^[A-Za-z0-9-]{1,64}: ([!-z|~]+ )?[{]token[}]$'
                           AND token_header !~* '^(content-|host|idempotency-key|transfer-encoding|connection|expect)'),
    result_member   text NOT NULL DEFAULT 'result'
                    CONSTRAINT ali_push_form_result_member_is_a_word
                        CHECK (result_member ~ '^[!-~]{1,40}$'),
    accepted        text NOT NULL DEFAULT 'accepted'
                    CONSTRAINT ali_push_form_accepted_is_a_word
                        CHECK (accepted ~ '^[!-~]{1,40}$'),
    rejected        text NOT NULL DEFAULT 'rejected'
                    CONSTRAINT ali_push_form_rejected_is_another_word
                        CHECK (rejected ~ '^[!-~]{1,40}$'
                           AND rejected <> accepted),
    code_member     text NOT NULL DEFAULT 'code'
                    CONSTRAINT ali_push_form_code_member_is_a_word
                        CHECK (code_member ~ '^[!-~]{1,40}$'),
    codes           jsonb NOT NULL DEFAULT '{}'
                    CONSTRAINT ali_push_form_codes_lead_to_3_digits
                        CHECK (e911.are_words(codes)
                           AND NOT jsonb_path_exists(codes,
                                   '$.* ? (!(@ like_regex "^[0-9]{3}$"))')
                           AND octet_length(codes::text) <= 2000)
);
COMMENT ON TABLE e911.ali_push_form IS
    'providers that are pushed records in JSON of their own';
COMMENT ON COLUMN e911.ali_push_form.ali_provider_id IS
    'the provider, who has a push_url';
COMMENT ON COLUMN e911.ali_push_form.body IS
    'what is posted: {name} in its texts is filled in; a text that is nothing but {name} becomes the value itself and its member is left out when there is none';
COMMENT ON COLUMN e911.ali_push_form.functions IS
    'what {function} becomes: {"I": "ADD", "C": "UPDATE"}; what is not there stays as it is';
COMMENT ON COLUMN e911.ali_push_form.header IS
    'a header more: X-Api-Version: 2; no secret, all operators see it; NULL: none';
COMMENT ON COLUMN e911.ali_push_form.token_header IS
    'how the token of ali_token_dir is shown: X-Api-Key: {token}';
COMMENT ON COLUMN e911.ali_push_form.result_member IS
    'member of its answers that says whether it has it';
COMMENT ON COLUMN e911.ali_push_form.accepted IS
    'word of that member: it has it';
COMMENT ON COLUMN e911.ali_push_form.rejected IS
    'word of that member: it does not take it';
COMMENT ON COLUMN e911.ali_push_form.code_member IS
    'member that says why it does not take it';
COMMENT ON COLUMN e911.ali_push_form.codes IS
    'its codes and those of sidecar/ali/error.def: {"BAD_STREET": "709"}; three digits need no row';

CREATE FUNCTION e911.ali_push_body(provider text, number text, function text,
                                   order_number bigint, content jsonb)
    RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT e911.ali_form_fill(f.body, ali_push_body.content
               || jsonb_build_object('number', ali_push_body.number,
                      'order', ali_push_body.order_number,
                      'function', coalesce(
                          f.functions ->> ali_push_body.function,
                          ali_push_body.function),
                      'layout', p.layout, 'record', ali_push_body.content))
      FROM e911.ali_push_form f JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE p.name = provider
$$;
COMMENT ON FUNCTION e911.ali_push_body(text, text, text, bigint, jsonb) IS
    'for e911d: what is posted of an order to a provider with a form; none: as docs/ALI.md says';

SELECT e911.history_watch('ali_push_form')
\g /dev/null
