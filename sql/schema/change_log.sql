-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What changed, for e911d's publisher, which brings it into each node's
-- directory.  A row names a thing; the reader looks it up: if it is there its
-- record is written, if not the record is removed.  Reading a change twice
-- does no harm, missing one does.
--
-- Numbers are drawn in one order and transactions commit in another, so
-- "change_id > last seen" would skip a slow transaction.  The reader's cursor
-- is (txid, change_id), and it takes only what no running transaction can
-- still precede: change_take().

CREATE TABLE e911.change_log (
    change_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    txid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    entity      text NOT NULL
                CONSTRAINT change_log_entity_is_known
                    CHECK (entity IN ('organization', 'trunk', 'trunk_source',
                                      'trunk_organization', 'location', 'elin',
                                      'endpoint', 'site_number',
                                      'network_range', 'psap', 'gateway',
                                      'everything', 'trunk_credential',
                                      'trunk_certificate', 'access_point',
                                      'network_switch', 'switch_port',
                                      'location_client', 'screen',
                                      'recipient', 'notice_template',
                                      'notice_hours',
                                      'organization_words')),
    id          bigint,
    key         text,
    changed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX change_log_cursor ON e911.change_log (txid, change_id);
COMMENT ON TABLE e911.change_log IS
    'things whose directory record may be out of date; written by triggers';
COMMENT ON COLUMN e911.change_log.change_id IS
    'order within a transaction';
COMMENT ON COLUMN e911.change_log.txid IS
    'transaction that made the change';
COMMENT ON COLUMN e911.change_log.entity IS
    'kind of thing, the name of its table; everything: rebuild the directory';
COMMENT ON COLUMN e911.change_log.id IS
    'organization, trunk, location, endpoint, psap, screen, recipient, notice_template, notice_hours: its number; organization_words: that of the organisation';
COMMENT ON COLUMN e911.change_log.key IS
    'trunk_source: prefix; trunk_organization: trunk_id/uuid; elin: number; trunk_credential: user name; trunk_certificate: name; site_number: organization_id/number; network_range: organization_id/prefix; access_point: organization_id/bssid; network_switch: organization_id/chassis; switch_port: organization_id/chassis<TAB>port; location_client: name, or UUID of an organisation; recipient: organization_key/all/0, /building/building_id, /location/location_id or /instead_of/recipient_id';
COMMENT ON COLUMN e911.change_log.changed_at IS
    'when that transaction began';

CREATE TABLE e911.change_pruned (
    singleton   boolean PRIMARY KEY DEFAULT true
                CONSTRAINT change_pruned_is_one_row CHECK (singleton),
    txid        xid8 NOT NULL DEFAULT '0',
    change_id   bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE e911.change_pruned IS
    'the last change that was pruned; a cursor before it has missed something';
COMMENT ON COLUMN e911.change_pruned.singleton IS
    'true: there is no second row';
COMMENT ON COLUMN e911.change_pruned.txid IS
    'its transaction; 0: nothing was pruned yet';
COMMENT ON COLUMN e911.change_pruned.change_id IS
    'its number';
INSERT INTO e911.change_pruned DEFAULT VALUES;

-- The trigger's argument is a query over "changed", which holds the rows that
-- were inserted or deleted, or of an UPDATE both the old and the new form of
-- each row that is different now.  It says which things to look at again.
-- Set-based throughout: a million rows are one INSERT.
--
-- SECURITY DEFINER, because who provisions must not write change_log.  The
-- query comes from the CREATE TRIGGER below and from nowhere else: nobody but
-- the owner may EXECUTE this function, so nobody else can make a trigger of it.
CREATE FUNCTION e911.change_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    changed text := CASE TG_OP
        WHEN 'INSERT' THEN 'TABLE new_rows'
        WHEN 'DELETE' THEN 'TABLE old_rows'
        ELSE '(TABLE old_rows EXCEPT TABLE new_rows) UNION ALL '
             '(TABLE new_rows EXCEPT TABLE old_rows)' END;
    logged  bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO e911.change_log (entity) VALUES ('everything');
    ELSE
        EXECUTE format(
            'WITH changed AS (%s)
             INSERT INTO e911.change_log (entity, id, key)
             SELECT DISTINCT t.entity, t.id::bigint, t.key::text
               FROM (%s) AS t (entity, id, key)', changed, TG_ARGV[0]);
        GET DIAGNOSTICS logged = ROW_COUNT;
        IF logged = 0 THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pg_notify('e911_change', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.change_note() IS
    'trigger: logs what a statement changed and wakes e911d';

-- Which things to look at again when a table changes.
DO $do$
DECLARE
    psap_and_whose_alternate_it_is CONSTANT text := $$
            WITH RECURSIVE touched AS (
                SELECT psap_id FROM changed
                UNION
                SELECT p.psap_id
                  FROM touched t JOIN e911.psap p
                    ON p.alternate_psap_id = t.psap_id)
            SELECT 'psap', psap_id, NULL FROM touched$$;
    watched record;
BEGIN
    FOR watched IN VALUES
        -- The directory finds an organisation by trunk and UUID, and by UUID
        -- alone when its devices ask.
        ('organization', $$
            SELECT 'organization', organization_id, NULL FROM changed
            UNION ALL
            SELECT 'location_client', NULL, e911_organization_id::text
              FROM changed
            UNION ALL
            SELECT 'trunk_organization', NULL,
                   trunk_id || '/' || e911_organization_id
              FROM changed JOIN e911.trunk_organization
             USING (organization_id)
            UNION ALL
            SELECT 'organization_words', organization_id, NULL FROM changed
             WHERE num_nonnulls(notification_subject, notification_text,
                                notification_sms) > 0$$),
        -- Routes by number go over whatever trunk has the prefix now; callbacks
        -- over those of role pstn, and those of the organisation.  Whether
        -- strangers are asked for credentials is the gateway's.
        ('trunk', $$
            WITH RECURSIVE touched AS (
                SELECT r.psap_id FROM e911.psap_route r
                 WHERE r.trunk_id IS NULL
                   AND EXISTS (SELECT FROM changed c
                                WHERE c.prefix <> ''
                                  AND starts_with(r.request_user, c.prefix))
                UNION
                SELECT p.psap_id
                  FROM touched t JOIN e911.psap p
                    ON p.alternate_psap_id = t.psap_id)
            SELECT 'trunk', trunk_id, NULL FROM changed
            UNION ALL
            SELECT 'psap', psap_id, NULL FROM touched
            UNION ALL
            SELECT 'gateway', NULL, NULL FROM changed
             WHERE role = 'pstn' OR proofs = '{digest}'
            UNION ALL
            SELECT 'organization', organization_id, NULL FROM changed
             WHERE organization_id IS NOT NULL
            UNION ALL
            SELECT 'organization', a.organization_id, NULL
              FROM changed JOIN e911.trunk_organization a USING (trunk_id)$$),
        -- A trunk's record holds its destinations.
        ('trunk_contact', $$
            SELECT 'trunk', trunk_id, NULL FROM changed$$),
        ('trunk_callback', $$
            SELECT 'trunk', trunk_id, NULL FROM changed$$),
        ('trunk_credential', $$
            SELECT 'trunk_credential', NULL, username FROM changed$$),
        ('trunk_certificate', $$
            SELECT 'trunk_certificate', NULL, name FROM changed$$),
        -- The gateway's record holds the prefix lengths in use.
        ('trunk_source', $$
            SELECT 'trunk_source', NULL, source::text FROM changed
            UNION ALL
            SELECT 'gateway', NULL, NULL FROM changed$$),
        -- The organisation may have gone in the same statement: then its
        -- UUID is not known any more.
        ('trunk_organization', $$
            SELECT CASE WHEN o.organization_id IS NULL THEN 'everything'
                        ELSE 'trunk_organization' END,
                   NULL, c.trunk_id || '/' || o.e911_organization_id
              FROM changed c LEFT JOIN e911.organization o
             USING (organization_id)
            UNION ALL
            SELECT 'organization', organization_id, NULL FROM changed$$),
        -- A PSAP's record holds its routes and those of its alternates.
        ('psap', psap_and_whose_alternate_it_is),
        ('psap_route', psap_and_whose_alternate_it_is),
        ('gateway', $$
            SELECT 'gateway', NULL, NULL FROM changed$$),
        ('location', $$
            SELECT 'location', location_id, NULL FROM changed$$),
        -- A location's record holds the address that it has of its building.
        ('building', $$
            SELECT 'location', location_id, NULL
              FROM changed JOIN e911.location USING (building_id)$$),
        -- A location's record holds its pool.
        ('elin', $$
            SELECT 'elin', NULL, elin::text FROM changed
            UNION ALL
            SELECT 'location', location_id, NULL FROM changed$$),
        ('endpoint', $$
            SELECT 'endpoint', endpoint_id, NULL FROM changed$$),
        -- An endpoint's record holds where its person is now.
        ('personal_location', $$
            SELECT 'endpoint', endpoint_id, NULL FROM changed$$),
        ('site_number', $$
            SELECT 'site_number', NULL, organization_id || '/' || number
              FROM changed$$),
        -- An organisation's record holds the prefix lengths in use.
        ('network_range', $$
            SELECT 'network_range', NULL, organization_id || '/' || range
              FROM changed
            UNION ALL
            SELECT 'organization', organization_id, NULL FROM changed$$),
        ('access_point', $$
            SELECT 'access_point', NULL, organization_id || '/' || bssid
              FROM changed$$),
        -- Ports are found by the name of their switch.
        ('network_switch', $$
            SELECT 'network_switch', NULL,
                   organization_id || '/' || chassis_id
              FROM changed
            UNION ALL
            SELECT 'switch_port', NULL, c.organization_id || '/'
                   || c.chassis_id || E'\t' || p.port
              FROM changed c JOIN e911.switch_port p
             USING (network_switch_id)$$),
        -- The switch may have gone in the same statement.
        ('switch_port', $$
            SELECT CASE WHEN s.network_switch_id IS NULL THEN 'everything'
                        ELSE 'switch_port' END,
                   NULL, s.organization_id || '/' || s.chassis_id || E'\t'
                         || c.port
              FROM changed c LEFT JOIN e911.network_switch s
             USING (network_switch_id)$$),
        ('location_client', $$
            SELECT 'location_client', NULL, name FROM changed$$),
        ('screen', $$
            SELECT 'screen', screen_id, NULL FROM changed$$),
        -- Found by whose calls it is told of.
        ('recipient', $$
            SELECT 'recipient', recipient_id, organization_key
                   || CASE WHEN instead_of IS NOT NULL
                           THEN '/instead_of/' || instead_of
                           WHEN building_id IS NOT NULL
                           THEN '/building/' || building_id
                           WHEN location_id IS NOT NULL
                           THEN '/location/' || location_id
                           ELSE '/all/0' END
              FROM changed$$),
        ('notice_template', $$
            SELECT 'notice_template', notice_template_id, NULL FROM changed$$),
        ('notice_hours', $$
            SELECT 'notice_hours', notice_hours_id, NULL FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER change_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;

-- Every transaction below pg_snapshot_xmin has ended: its changes are all
-- visible here, or never will be.  So a cursor that moves only within them
-- leaves nothing behind.  Price: a transaction that writes and stays open
-- holds changes back, in whatever database of the cluster it is.
CREATE FUNCTION e911.change_take(after_txid xid8, after_change_id bigint,
                                 max_rows integer)
    RETURNS TABLE (change_id bigint, txid xid8, entity text, id bigint,
                   key text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT c.change_id, c.txid, c.entity, c.id, c.key
      FROM e911.change_log c
     WHERE (c.txid, c.change_id) > (after_txid, after_change_id)
       AND c.txid < pg_snapshot_xmin(pg_current_snapshot())
     ORDER BY c.txid, c.change_id
     LIMIT max_rows
$$;
COMMENT ON FUNCTION e911.change_take(xid8, bigint, integer) IS
    'next changes behind a cursor, oldest first; the last row is the new cursor';

-- For a full rebuild: called first in a REPEATABLE READ transaction that then
-- reads all tables.  Whatever is not in that snapshot has a txid >= its xmin
-- and comes again with change_take(); some that is in it comes twice.
CREATE FUNCTION e911.change_horizon(OUT txid xid8, OUT change_id bigint)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT pg_snapshot_xmin(pg_current_snapshot()), 0::bigint
$$;
COMMENT ON FUNCTION e911.change_horizon() IS
    'cursor behind everything that the current snapshot is sure to show';

-- A cursor from the future is not valid either: the database was restored from
-- a dump into another cluster, whose transaction ids began again.  A mark from
-- the future is such a cluster's, and says nothing about this one.
CREATE FUNCTION e911.change_cursor_is_valid(after_txid xid8,
                                            after_change_id bigint)
    RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT after_txid <= now_txid
       AND ((after_txid, after_change_id) >= (p.txid, p.change_id)
            OR p.txid > now_txid)
      FROM e911.change_pruned p,
           pg_snapshot_xmax(pg_current_snapshot()) AS now_txid
$$;
COMMENT ON FUNCTION e911.change_cursor_is_valid(xid8, bigint) IS
    'false: the cursor has missed changes, rebuild the directory';

CREATE FUNCTION e911.change_prune(older_than interval DEFAULT '7 days')
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    pruned  bigint;
BEGIN
    WITH gone AS (
        DELETE FROM e911.change_log
         WHERE changed_at < now() - older_than
           AND txid < pg_snapshot_xmin(pg_current_snapshot())
        RETURNING txid, change_id
    ), mark AS (
        UPDATE e911.change_pruned p
           SET txid = g.txid, change_id = g.change_id
          FROM (SELECT txid, change_id FROM gone
                 ORDER BY txid DESC, change_id DESC LIMIT 1) AS g
         WHERE (g.txid, g.change_id) > (p.txid, p.change_id)
    )
    SELECT count(*) INTO pruned FROM gone;
    RETURN pruned;
END
$$;
COMMENT ON FUNCTION e911.change_prune(interval) IS
    'forgets old changes; how many';

-- The log of another cluster would be read as ours once the transaction ids
-- are there; after this nobody needs it.
CREATE FUNCTION e911.directory_rebuild() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    DELETE FROM e911.change_log;
    UPDATE e911.change_pruned SET txid = '0', change_id = 0;
    UPDATE e911.gateway SET database_id = gen_random_uuid();
    INSERT INTO e911.change_log (entity) VALUES ('everything');
    PERFORM pg_notify('e911_change', '');
END
$$;
COMMENT ON FUNCTION e911.directory_rebuild() IS
    'makes all nodes build their directory anew; to be called after a restore';
