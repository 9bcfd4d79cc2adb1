# SPDX-License-Identifier: GPL-2.0-or-later
"""Two sessions at once: no change is skipped, no limit is overrun."""
import select
import threading
import traceback

import psycopg2
import psycopg2.errors


def is_true(passed, sentence, detail=""):
    print(("ok - " if passed else "not ok - ") + sentence, flush=True)
    if not passed:
        print(f"#   {detail}")


class Session:
    """A connection of its own; 'autocommit' unless it is told otherwise."""

    def __init__(self, autocommit=True):
        self.connection = psycopg2.connect("")
        self.connection.autocommit = autocommit

    def run(self, statement, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else None

    def one(self, statement, *values):
        return self.run(statement, *values)[0][0]

    def commit(self):
        self.connection.commit()

    def rollback(self):
        self.connection.rollback()

    def background(self, statement, *values):
        """Start it in a thread; join() gives its error or None."""
        return Background(self, statement, values)

    def is_waiting(self):
        """Is the session's backend waiting for a lock?"""
        watcher = Session()
        try:
            return watcher.one(
                "SELECT coalesce(wait_event_type = 'Lock', false)"
                "  FROM pg_stat_activity WHERE pid = %s",
                self.connection.info.backend_pid)
        finally:
            watcher.connection.close()


class Background(threading.Thread):
    def __init__(self, session, statement, values):
        super().__init__()
        self.session, self.call, self.error = session, (statement, values), None
        self.start()

    def run(self):
        try:
            self.session.run(self.call[0], *self.call[1])
        except psycopg2.Error as error:
            self.error = error

    def until_waiting(self):
        """Returns when the statement waits for a lock, or is done."""
        while self.is_alive() and not self.session.is_waiting():
            self.join(0.01)
        return self.is_alive()

    def result(self):
        self.join(60)
        return self.error


ORGANIZATION = """
INSERT INTO e911.organization (organization_id, e911_organization_id, name)
    OVERRIDING SYSTEM VALUE VALUES (1, gen_random_uuid(), 'one');
INSERT INTO e911.location (location_id, organization_id, name, street, city,
                           state)
    OVERRIDING SYSTEM VALUE VALUES (1, 1, 'a', 'Mill St', 'Ashgrove', 'WA')
"""
ENDPOINT = ("INSERT INTO e911.endpoint (organization_id, name, extension)"
            " VALUES (1, %s, %s) RETURNING endpoint_id")


class Reader:
    """What the publisher does: take, remember the last row, take again."""

    def __init__(self):
        self.session = Session()
        self.start()

    def start(self):
        self.cursor = self.session.run(
            "SELECT txid::text, change_id FROM e911.change_horizon()")[0]

    def take(self, rows=1000):
        taken = self.session.run(
            "SELECT txid::text, change_id, entity, id, key"
            "  FROM e911.change_take(%s::xid8, %s, %s)", *self.cursor, rows)
        if taken:
            self.cursor = taken[-1][:2]
        return [row[3] for row in taken if row[2] == "endpoint"]

    def take_settled(self, rows=1000):
        """take() when nothing else in the cluster holds changes back."""
        self.session.run("SELECT test.settle()")
        return self.take(rows)


def a_slow_transaction_is_not_skipped():
    reader, slow, quick = Reader(), Session(autocommit=False), Session()
    # The slow one draws its change_id first and commits last.
    first = slow.one(ENDPOINT, "slow", "1")
    second = quick.one(ENDPOINT, "quick", "2")
    is_true(reader.take() == [],
            "a change waits for an older transaction that is not over")
    slow.commit()
    taken = reader.take_settled()
    is_true(taken == [first, second],
            "a slow transaction's change is not skipped", taken)
    is_true(reader.take() == [], "and nothing comes twice")


def ids_do_not_follow_transactions():
    # This time the younger transaction has the smaller change_id.
    reader, one, two = Reader(), Session(False), Session(False)
    one.run("SELECT pg_current_xact_id()")
    second = two.one(ENDPOINT, "two", "3")
    two.commit()
    first = one.one(ENDPOINT, "one", "4")
    is_true(reader.take() == [], "a younger transaction waits for an older")
    one.commit()
    taken = []
    while rows := reader.take_settled(1):
        taken += rows
    is_true(taken == [first, second],
            "an older transaction's change with a greater id comes first",
            taken)


def a_rollback_frees_those_behind_it():
    reader, slow, quick = Reader(), Session(False), Session()
    slow.run(ENDPOINT, "never", "5")
    kept = quick.one(ENDPOINT, "kept", "6")
    is_true(reader.take() == [], "a change waits while it might be preceded")
    slow.rollback()
    is_true(reader.take_settled() == [kept],
            "a transaction that is rolled back holds nothing back any more")


def a_rebuild_loses_nothing():
    reader, slow, quick = Reader(), Session(False), Session()
    hidden = slow.one(ENDPOINT, "hidden", "7")
    seen = quick.one(ENDPOINT, "seen", "8")
    snapshot = Session(False)
    snapshot.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    reader.cursor = snapshot.run(
        "SELECT txid::text, change_id FROM e911.change_horizon()")[0]
    slow.commit()
    read = {row[0] for row in
            snapshot.run("SELECT endpoint_id FROM e911.endpoint")}
    snapshot.commit()
    is_true(seen in read and hidden not in read,
            "a rebuild sees what was committed before it")
    after = reader.take_settled()
    is_true(hidden in after,
            "what was committed during a rebuild comes afterwards", after)


def notified(listener):
    """Notifications that have arrived by the time of the next answer."""
    listener.run("SELECT 1")
    select.select([listener.connection], [], [], 0)
    listener.connection.poll()
    found = [n.channel for n in listener.connection.notifies]
    listener.connection.notifies.clear()
    return found


def e911d_is_woken_once():
    listener, writer = Session(), Session()
    listener.run("LISTEN e911_change")
    writer.run("INSERT INTO e911.endpoint (organization_id, name, extension)"
               " SELECT 1, 'n', 'n' || i FROM generate_series(1, 1000) AS i")
    found = notified(listener)
    is_true(found == ["e911_change"], "a statement notifies once", found)
    writer.run("UPDATE e911.endpoint SET name = name")
    found = notified(listener)
    is_true(found == [], "a statement that changes nothing does not", found)
    writer.run("TRUNCATE e911.site_number")
    found = notified(listener)
    is_true(found == ["e911_change"], "TRUNCATE does", found)
    writer.connection.autocommit = False
    writer.run("DELETE FROM e911.endpoint WHERE name = 'n'")
    writer.rollback()
    found = notified(listener)
    is_true(found == [], "what is rolled back does not", found)


def second_is_refused(setup, first, second, name, sentence):
    """'second' waits for 'first', which commits, and is then refused."""
    owner, one, two = Session(), Session(False), Session(False)
    owner.run(setup)
    one.run(first)
    waiting = two.background(second)
    waited = waiting.until_waiting()
    one.commit()
    error = waiting.result()
    is_true(waited and isinstance(error, psycopg2.errors.CheckViolation)
            and error.diag.constraint_name == name, sentence,
            f"waited {waited}, {error}")
    two.rollback()


def limits_hold_between_sessions():
    second_is_refused(
        "INSERT INTO e911.elin SELECT '+1206556' || i, 1"
        "  FROM generate_series(1000, 1254) AS i",
        "INSERT INTO e911.elin VALUES ('+12065550101', 1)",
        "INSERT INTO e911.elin VALUES ('+12065550102', 1)",
        "elin_pool_is_at_most_256",
        "two sessions together do not overfill a pool")
    second_is_refused(
        "INSERT INTO e911.psap (psap_id, name) OVERRIDING SYSTEM VALUE"
        "  VALUES (1, 'north');"
        "INSERT INTO e911.trunk (trunk_id, name, role, host)"
        "  OVERRIDING SYSTEM VALUE VALUES (1, 'n', 'psap', '10.0.0.1');"
        "INSERT INTO e911.psap_route SELECT 1, i, 1"
        "  FROM generate_series(1, 15) AS i",
        "INSERT INTO e911.psap_route VALUES (1, 101, 1)",
        "INSERT INTO e911.psap_route VALUES (1, 102, 1)",
        "psap_routes_are_at_most_16",
        "two sessions together do not give a PSAP too many routes")
    second_is_refused(
        "SELECT 1",
        "INSERT INTO e911.site_number VALUES (1, '900', 1)",
        "INSERT INTO e911.endpoint (organization_id, name, extension)"
        "  VALUES (1, 'x', '900')",
        "number_is_a_person_or_a_place",
        "a number that becomes a place meanwhile is no person's")
    second_is_refused(
        "SELECT 1",
        "INSERT INTO e911.endpoint (organization_id, name, extension)"
        "  VALUES (1, 'x', '901')",
        "INSERT INTO e911.site_number VALUES (1, '901', 1)",
        "number_is_a_person_or_a_place",
        "a number that becomes a person's meanwhile is no place")


def endpoints_do_not_wait_for_each_other():
    one, two = Session(False), Session(False)
    one.run(ENDPOINT, "one", "902")
    writing = two.background(ENDPOINT, "two", "903")
    is_true(not writing.until_waiting() and writing.result() is None,
            "two sessions write endpoints of one organisation at once")
    one.rollback()
    two.rollback()


def one_event_from_two_collectors():
    one, two = Session(False), Session(False)
    store = ("SELECT e911.event_store("
             "'00000000-0000-4000-8000-000000000001',"
             "'00000000-0000-4000-8000-00000000000a', now(), 'leg.invited',"
             "'gw1', '{}')")
    is_true(one.one(store) is True, "the first collector stores an event")
    waiting = two.background(store)
    waiting.until_waiting()
    one.commit()
    error = waiting.result()
    two.commit()
    count = one.one("SELECT legs_invited FROM e911.call")
    is_true(error is None and count == 1,
            "the second one stores nothing, and the call counts it once",
            f"{error}, {count}")


ANSWER = """
SELECT e911.location_resolution_store(
           (SELECT version FROM e911.psap_boundary_version),
           (SELECT version FROM e911.address_book_version), ARRAY[1::bigint],
           ARRAY[%s], ARRAY[''], ARRAY[''],
           ARRAY['default'], ARRAY[0::bigint], ARRAY[0], ARRAY[''],
           ARRAY['unknown'], ARRAY['x'], ARRAY[''], ARRAY[''], ARRAY[''])
"""
QUESTION = ("SELECT e911.location_question(l) FROM e911.location_civic l"
            " WHERE l.location_id = 1")


def an_answer_of_before_hides_no_change():
    """The location changes between the question and the answer."""
    writer, resolver = Session(autocommit=False), Session()
    before = resolver.one(QUESTION)
    writer.run("UPDATE e911.location SET house_number = '7'")
    stored = resolver.one(ANSWER, before)
    is_true(stored is None,
            "an answer is not stored while its location is changed", stored)
    writer.commit()
    stored = resolver.one(ANSWER, before)
    waits, question = resolver.run(
        "SELECT waiting, question FROM e911.location_resolution"
        " WHERE location_id = 1")[0]
    is_true(stored == 0 and waits and ",7," in question,
            "nor afterwards: the location waits still",
            f"{stored}, {waits}, {question}")
    resolver.run(ANSWER, resolver.one(QUESTION))
    is_true(not resolver.one("SELECT waiting FROM e911.location_resolution"
                             " WHERE location_id = 1"),
            "an answer to what it is now is")


def main():
    Session().run(ORGANIZATION)
    for test in (a_slow_transaction_is_not_skipped,
                 ids_do_not_follow_transactions,
                 a_rollback_frees_those_behind_it,
                 a_rebuild_loses_nothing,
                 e911d_is_woken_once,
                 limits_hold_between_sessions,
                 endpoints_do_not_wait_for_each_other,
                 one_event_from_two_collectors,
                 an_answer_of_before_hides_no_change):
        try:
            test()
        except Exception:  # a test that breaks must not hide the others
            is_true(False, test.__name__.replace("_", " "),
                    traceback.format_exc().replace("\n", "\n#   "))


if __name__ == "__main__":
    main()
