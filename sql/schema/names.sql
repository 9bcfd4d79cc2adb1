-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What each node's e911d knows of the names that trunks are reached by.  Only
-- for people: a node has its own copy on disk (state_dir/names) and needs
-- nothing of this to route a call.

CREATE TABLE e911.name_resolution (
    node            e911.label NOT NULL,
    host_name       e911.host_name NOT NULL,
    addresses       inet[] NOT NULL DEFAULT '{}',
    heard_at        timestamptz,
    problem         e911.printable,
    failing_since   timestamptz,
    PRIMARY KEY (node, host_name),
    CONSTRAINT name_resolution_fails_since_when
        CHECK ((problem IS NULL) = (failing_since IS NULL))
);
COMMENT ON TABLE e911.name_resolution IS
    'addresses of the names of trunks, as each node knows them; written by e911d';
COMMENT ON COLUMN e911.name_resolution.node IS
    'node that asked; rows of a node that is no more may be deleted';
COMMENT ON COLUMN e911.name_resolution.host_name IS
    'name of a trunk or of a contact, in lower case';
COMMENT ON COLUMN e911.name_resolution.addresses IS
    'where calls go, in this order; empty: the name was never resolved';
COMMENT ON COLUMN e911.name_resolution.heard_at IS
    'when they were first heard; NULL: never';
COMMENT ON COLUMN e911.name_resolution.problem IS
    'why the latest question had no answer; NULL: it had one';
COMMENT ON COLUMN e911.name_resolution.failing_since IS
    'since when there has been none';

-- All names of a node at once: one that is not among them is forgotten.
-- Element n of each array is about name n.
CREATE FUNCTION e911.name_resolution_store(of_node text, names text[],
                                           heard text[], problems text[])
    RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    DELETE FROM e911.name_resolution
     WHERE node = of_node AND host_name <> ALL (names);
    INSERT INTO e911.name_resolution AS r
        (node, host_name, addresses, heard_at, problem, failing_since)
    SELECT of_node, n.name, n.addresses::inet[],
           CASE WHEN n.addresses <> '{}' THEN now() END,
           nullif(n.problem, ''),
           CASE WHEN n.problem <> '' THEN now() END
      FROM unnest(names, heard, problems) AS n (name, addresses, problem)
        ON CONFLICT (node, host_name) DO UPDATE
       SET addresses = excluded.addresses,
           heard_at = CASE WHEN r.addresses = excluded.addresses
                           THEN r.heard_at ELSE excluded.heard_at END,
           problem = excluded.problem,
           failing_since = CASE WHEN excluded.problem IS NOT NULL
                                THEN coalesce(r.failing_since, now()) END
$$;
COMMENT ON FUNCTION e911.name_resolution_store(text, text[], text[], text[]) IS
    'for e911d: what a node knows of all its names; addresses as array literals';
