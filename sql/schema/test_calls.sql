-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Test calls (933): who has heard their location read back, and when.  Kept
-- for each endpoint, though its calls be removed.

-- No foreign keys, as in call: an event may come after its endpoint is gone.
CREATE TABLE e911.endpoint_test (
    endpoint_id     bigint PRIMARY KEY,
    organization_id bigint,
    tested_at       timestamptz NOT NULL,
    location_id     bigint,
    call_id         uuid NOT NULL
);
CREATE INDEX endpoint_test_organization
    ON e911.endpoint_test (organization_id);
COMMENT ON TABLE e911.endpoint_test IS
    'the last answered test call of each endpoint; written by a trigger of call';
COMMENT ON COLUMN e911.endpoint_test.endpoint_id IS
    'endpoint.endpoint_id of who called';
COMMENT ON COLUMN e911.endpoint_test.organization_id IS
    'organization.organization_id of the call';
COMMENT ON COLUMN e911.endpoint_test.tested_at IS
    'when the call was answered';
COMMENT ON COLUMN e911.endpoint_test.location_id IS
    'location.location_id that was read back; NULL: none was known';
COMMENT ON COLUMN e911.endpoint_test.call_id IS
    'call.call_id';

CREATE FUNCTION e911.endpoint_test_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.endpoint_test AS t
           (endpoint_id, organization_id, tested_at, location_id, call_id)
    VALUES (NEW.endpoint_id, NEW.organization_id, NEW.answered_at,
            NEW.location_id, NEW.call_id)
        ON CONFLICT ON CONSTRAINT endpoint_test_pkey DO UPDATE
       SET organization_id = EXCLUDED.organization_id,
           tested_at = EXCLUDED.tested_at,
           location_id = EXCLUDED.location_id,
           call_id = EXCLUDED.call_id
     WHERE EXCLUDED.tested_at >= t.tested_at;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.endpoint_test_note() IS
    'trigger of call: remembers an answered test call';
REVOKE ALL ON FUNCTION e911.endpoint_test_note() FROM PUBLIC;

-- Once it is answered a call changes once more, when it ends.
CREATE TRIGGER endpoint_test_note AFTER INSERT OR UPDATE ON e911.call
    FOR EACH ROW
    WHEN (NEW.service = 'test' AND NEW.answered_at IS NOT NULL
          AND NEW.endpoint_id IS NOT NULL)
    EXECUTE FUNCTION e911.endpoint_test_note();

CREATE VIEW e911.test_report WITH (security_invoker) AS
    SELECT d.organization_id, d.organization, d.endpoint_id, d.name, d.kind,
           d.device_user_id, d.number, d.extension, d.location,
           t.tested_at AS last_test_at,
           floor(extract(epoch FROM now() - t.tested_at) / 86400)::bigint
               AS days_ago,
           CASE WHEN t.endpoint_id IS NOT NULL
                THEN coalesce(l.name, CASE WHEN t.location_id IS NULL
                                      THEN 'none' ELSE 'removed' END)
           END AS heard_location,
           t.location_id IS DISTINCT FROM d.location_id
               AND t.endpoint_id IS NOT NULL AS has_moved,
           t.call_id
      FROM e911.endpoint_dispatchable d
      LEFT JOIN e911.endpoint_test t USING (endpoint_id)
      LEFT JOIN e911.location l ON l.location_id = t.location_id;
COMMENT ON VIEW e911.test_report IS
    'each active endpoint and its last test call: WHERE last_test_at IS NULL OR last_test_at < now() - interval ''90 days''';
COMMENT ON COLUMN e911.test_report.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.test_report.organization IS
    'name of the organisation';
COMMENT ON COLUMN e911.test_report.endpoint_id IS
    'endpoint.endpoint_id';
COMMENT ON COLUMN e911.test_report.name IS
    'person or device';
COMMENT ON COLUMN e911.test_report.kind IS
    'user or station';
COMMENT ON COLUMN e911.test_report.device_user_id IS
    'employee or device user id';
COMMENT ON COLUMN e911.test_report.number IS
    'its own number';
COMMENT ON COLUMN e911.test_report.extension IS
    'its internal number';
COMMENT ON COLUMN e911.test_report.location IS
    'where it is registered today, if nothing else locates it; NULL: nowhere';
COMMENT ON COLUMN e911.test_report.last_test_at IS
    'when its last test call was answered; NULL: never';
COMMENT ON COLUMN e911.test_report.days_ago IS
    'whole days since then';
COMMENT ON COLUMN e911.test_report.heard_location IS
    'name of the location that was read back; none: it had none; removed: it is gone';
COMMENT ON COLUMN e911.test_report.has_moved IS
    'another location was read back than the one of today: by its network, or it has moved since';
COMMENT ON COLUMN e911.test_report.call_id IS
    'call.call_id of that test call';

GRANT SELECT ON e911.endpoint_test, e911.test_report
    TO e911_operator, e911_reader;
