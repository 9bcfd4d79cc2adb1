-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who was told of what, when, and who has taken a call over.  e911d writes
-- both when it can: what it does does not depend on it.
--
-- Numbers of organisations and recipients are no foreign keys here: the record
-- outlives what was provisioned.  Nor are events and calls, which may come
-- later than what they led to.

CREATE TABLE e911.notification (
    notification_id     uuid PRIMARY KEY,
    event_id            uuid NOT NULL,
    call_id             uuid,
    event               text NOT NULL
                        CONSTRAINT notification_event_is_a_word
                            CHECK (event ~ '^[a-z][a-z0-9_]{0,47}$'),
    node                text,
    organization_id     bigint,
    recipient_id        bigint,
    channel             text NOT NULL
                        CONSTRAINT notification_channel_is_known
                            CHECK (channel IN ('email', 'sms', 'webhook',
                                               'screen', 'phone')),
    target              text NOT NULL,
    language            text,
    subject             text,
    instead_of          uuid,
    happened_at         timestamptz NOT NULL,
    queued_at           timestamptz NOT NULL,
    due_at              timestamptz,
    first_attempt_at    timestamptz,
    last_attempt_at     timestamptz,
    done_at             timestamptz,
    attempts            integer NOT NULL DEFAULT 0
                        CONSTRAINT notification_attempts_are_counted
                            CHECK (attempts >= 0),
    state               text NOT NULL
                        CONSTRAINT notification_state_is_known
                            CHECK (state IN ('waiting', 'delivered', 'given up',
                                             'cancelled', 'dropped')),
    status              integer,
    why                 text,
    revision            integer NOT NULL
);
COMMENT ON TABLE e911.notification IS
    'one row per notice: one message to one recipient over one channel';
COMMENT ON COLUMN e911.notification.notification_id IS
    'made of event, recipient, channel and target: the same at each attempt; told to the target';
COMMENT ON COLUMN e911.notification.event_id IS
    'call_event.event_id: what it tells of';
COMMENT ON COLUMN e911.notification.call_id IS
    'call.call_id; NULL: it tells of no call';
COMMENT ON COLUMN e911.notification.event IS
    'what happened, in a word: emergency_call, relay_call, answered, ended, ...';
COMMENT ON COLUMN e911.notification.node IS
    'node that sends it';
COMMENT ON COLUMN e911.notification.organization_id IS
    'organisation whose recipient it is; NULL: the gateway''s';
COMMENT ON COLUMN e911.notification.recipient_id IS
    'recipient.recipient_id; NULL: none';
COMMENT ON COLUMN e911.notification.channel IS
    'email, sms, webhook, screen or phone';
COMMENT ON COLUMN e911.notification.target IS
    'where it goes: address, number, URL, name of the screen';
COMMENT ON COLUMN e911.notification.language IS
    'en, fr or es';
COMMENT ON COLUMN e911.notification.subject IS
    'its subject';
COMMENT ON COLUMN e911.notification.instead_of IS
    'notification that it stands in for when that was not delivered; NULL: for none';
COMMENT ON COLUMN e911.notification.happened_at IS
    'when the event happened';
COMMENT ON COLUMN e911.notification.queued_at IS
    'when e911d knew of it';
COMMENT ON COLUMN e911.notification.due_at IS
    'when it is, or was, to be attempted next';
COMMENT ON COLUMN e911.notification.first_attempt_at IS
    'when the first attempt began; NULL: none was made';
COMMENT ON COLUMN e911.notification.last_attempt_at IS
    'when the latest attempt began';
COMMENT ON COLUMN e911.notification.done_at IS
    'when it was delivered, given up, cancelled or dropped; NULL: it waits';
COMMENT ON COLUMN e911.notification.attempts IS
    'how many attempts were made';
COMMENT ON COLUMN e911.notification.state IS
    'waiting; delivered: its target has taken it; given up: refused, or too old; cancelled: not needed any more; dropped: no room on disk';
COMMENT ON COLUMN e911.notification.status IS
    'status of HTTP or SMTP at the latest attempt; NULL: there was none';
COMMENT ON COLUMN e911.notification.why IS
    'why the latest attempt failed, or it was cancelled';
COMMENT ON COLUMN e911.notification.revision IS
    'which state of it this is; an older one is not stored over it';

CREATE INDEX notification_call ON e911.notification (call_id, happened_at)
    WHERE call_id IS NOT NULL;
CREATE INDEX notification_happened ON e911.notification (happened_at);
CREATE INDEX notification_organization
    ON e911.notification (organization_id, happened_at);

CREATE TABLE e911.acknowledgement (
    acknowledgement_id  uuid PRIMARY KEY,
    call_id             uuid NOT NULL,
    at                  timestamptz NOT NULL,
    who                 text NOT NULL,
    channel             text NOT NULL,
    note                text,
    node                text
);
COMMENT ON TABLE e911.acknowledgement IS
    'who has taken a call over, and what they say about it; the first one of a call ends its escalation';
COMMENT ON COLUMN e911.acknowledgement.acknowledgement_id IS
    'made of all else: told twice it is stored once';
COMMENT ON COLUMN e911.acknowledgement.call_id IS
    'call.call_id';
COMMENT ON COLUMN e911.acknowledgement.at IS
    'when it was said';
COMMENT ON COLUMN e911.acknowledgement.who IS
    'name that was given';
COMMENT ON COLUMN e911.acknowledgement.channel IS
    'how: screen, phone, ...';
COMMENT ON COLUMN e911.acknowledgement.note IS
    'what was noted; NULL: nothing';
COMMENT ON COLUMN e911.acknowledgement.node IS
    'node where it was said';

CREATE INDEX acknowledgement_call ON e911.acknowledgement (call_id, at);

CREATE FUNCTION e911.notification_store(told jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.notification AS n
    SELECT * FROM jsonb_populate_record(NULL::e911.notification, told)
        ON CONFLICT (notification_id) DO UPDATE
       SET due_at = excluded.due_at,
           first_attempt_at = excluded.first_attempt_at,
           last_attempt_at = excluded.last_attempt_at,
           done_at = excluded.done_at,
           attempts = excluded.attempts,
           state = excluded.state,
           status = excluded.status,
           why = excluded.why,
           revision = excluded.revision
     WHERE n.revision < excluded.revision;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION e911.notification_store(jsonb) IS
    'for e911d: a notification as it is now, members as the columns; false: this state or a later one is stored';

CREATE FUNCTION e911.acknowledgement_store(told jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.acknowledgement
    SELECT * FROM jsonb_populate_record(NULL::e911.acknowledgement, told)
        ON CONFLICT (acknowledgement_id) DO NOTHING;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION e911.acknowledgement_store(jsonb) IS
    'for e911d: an acknowledgement, members as the columns; false: it is stored';

REVOKE ALL ON FUNCTION e911.notification_store(jsonb),
    e911.acknowledgement_store(jsonb) FROM PUBLIC;
