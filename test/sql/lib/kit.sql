-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Helpers of the SQL tests.  Each returns one line, "ok - sentence" or
-- "not ok - sentence"; a statement under test leaves nothing behind unless
-- the helper says so.

CREATE SCHEMA test;

-- Constraints that some test has run into.
CREATE TABLE test.violated (name text);

CREATE FUNCTION test.is_true(passed boolean, sentence text,
                             detail text DEFAULT '') RETURNS text
    LANGUAGE sql
AS $$
    SELECT CASE WHEN passed THEN 'ok - ' || sentence
                ELSE 'not ok - ' || sentence || E'\n#   ' ||
                     replace(coalesce(detail, 'NULL'), E'\n', E'\n#   ') END
$$;

CREATE FUNCTION test.is_same(got anyelement, want anyelement, sentence text)
    RETURNS text LANGUAGE sql
AS $$
    SELECT test.is_true(got IS NOT DISTINCT FROM want, sentence,
        'got:  ' || coalesce(got::text, 'NULL') ||
        E'\nwant: ' || coalesce(want::text, 'NULL'))
$$;

-- The statement must fail with this SQLSTATE, by this constraint.
CREATE FUNCTION test.refused(statement text, want_state text,
                             want_constraint text, sentence text) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    state   text := 'no error';
    name    text;
    message text;
BEGIN
    BEGIN
        EXECUTE statement;
        -- Roll back what should not have worked.
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
        IF SQLSTATE <> 'ZZ000' THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE,
                name = CONSTRAINT_NAME, message = MESSAGE_TEXT;
        END IF;
    END;
    INSERT INTO test.violated VALUES (name);
    RETURN test.is_true(
        state = want_state
            AND coalesce(name, '') = coalesce(want_constraint, ''),
        sentence, format('%s: %s by %s: %s', statement, state, name, message));
END
$$;

-- The statement must work; it is rolled back.
CREATE FUNCTION test.accepted(statement text, sentence text) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    problem text;
BEGIN
    BEGIN
        EXECUTE statement;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
        IF SQLSTATE <> 'ZZ000' THEN
            problem := SQLSTATE || ' ' || SQLERRM;
        END IF;
    END;
    RETURN test.is_true(problem IS NULL, sentence, problem);
END
$$;

-- What the statement logs, as "entity id key" lines in alphabetical order.
-- The statement stays.
CREATE FUNCTION test.logged(statement text) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    before  bigint := (SELECT coalesce(max(change_id), 0) FROM e911.change_log);
BEGIN
    EXECUTE statement;
    RETURN (SELECT string_agg(line, ', ' ORDER BY line)
              FROM (SELECT concat_ws(' ', entity, id, key) AS line
                      FROM e911.change_log WHERE change_id > before) AS l);
END
$$;

-- Waits until every change so far can be taken: some other transaction of the
-- cluster, autovacuum's perhaps, may hold it back for a moment.
CREATE FUNCTION test.settle() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    WHILE (SELECT max(txid) >= pg_snapshot_xmin(pg_current_snapshot())
             FROM e911.change_log) LOOP
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;

-- A place for statements as another role: the role must be able to say so.
GRANT USAGE ON SCHEMA test TO PUBLIC;
GRANT INSERT ON test.violated TO PUBLIC;
