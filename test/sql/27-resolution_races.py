# SPDX-License-Identifier: GPL-2.0-or-later
"""An operator changes locations while e911d stores what it found: e911d waits
for nobody with rows in hand, so nobody is a deadlock's victim."""
import psycopg2

PLACES = """
INSERT INTO e911.organization (organization_id, e911_organization_id, name)
    OVERRIDING SYSTEM VALUE VALUES (1, gen_random_uuid(), 'one');
INSERT INTO e911.location (location_id, organization_id, name, street, city,
                           state)
    OVERRIDING SYSTEM VALUE
    SELECT n, 1, 'floor ' || n, 'Mill St', 'Ashgrove', 'WA'
      FROM generate_series(1, 3) n;
"""
STORE = """
SELECT e911.location_resolution_store(
    (SELECT version FROM e911.psap_boundary_version),
    (SELECT version FROM e911.address_book_version),
    array_agg(l.location_id), array_agg(e911.location_question(l)),
    array_agg(text ''), array_agg(text ''), array_agg(text 'default'),
    array_agg(0), array_agg(0), array_agg(text ''),
    array_agg(text 'unknown'), array_agg(text ''),
    array_agg(text ''), array_agg(text ''), array_agg(text ''))
  FROM e911.location_civic l
"""
MOVE = "UPDATE e911.location SET street = street || 'x' WHERE location_id = %s"
# Nothing here is decided by how long somebody waits: who would wait ends so.
FOREVER = "SET deadlock_timeout = '1h'; SET statement_timeout = '20s'"


def is_true(passed, sentence, detail=""):
    print(("ok - " if passed else "not ok - ") + sentence, flush=True)
    if not passed:
        print(f"#   {detail}")


def session(autocommit):
    connection = psycopg2.connect("")
    connection.autocommit = True
    run(connection, FOREVER)
    connection.autocommit = autocommit
    return connection


def run(connection, statement, *values):
    """Its only value, None without one, or what PostgreSQL says against it."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement, values)
            return cursor.fetchone()[0] if cursor.description else None
        except psycopg2.Error as error:
            return error


def waiting(connection):
    return run(connection, "SELECT array_agg(location_id ORDER BY location_id)"
                           " FROM e911.location_resolution WHERE waiting")


def what_an_operator_holds_is_left_out(e911d, operator):
    """The operator takes the last first, e911d would take the first first."""
    run(operator, MOVE, 3)
    found = run(e911d, STORE)
    is_true(found is None, "while a location is changed e911d hears so at once",
            found)
    is_true(waiting(e911d) == [3], "and the others have their answer",
            waiting(e911d))
    moved = run(operator, MOVE, 1)
    is_true(moved is None, "who changes it changes others as well", moved)
    operator.rollback()
    found = run(e911d, STORE)
    is_true((found, waiting(e911d)) == (1, None),
            "when that is over what was left out is stored", found)


def a_row_to_come_is_not_waited_for(e911d, operator):
    """It went with its PSAP; the operator's change brings it back."""
    run(e911d, "DELETE FROM e911.location_resolution WHERE location_id = 2")
    run(operator, MOVE, 2)
    found = run(e911d, STORE)
    is_true(found is None, "nor is a row waited for that is about to be added",
            found)
    moved = run(operator, MOVE, 1)
    is_true(moved is None, "and nothing of it is held meanwhile", moved)
    operator.commit()
    found = run(e911d, STORE)
    is_true((found, waiting(e911d)) == (2, None), "it has its answer later",
            found)


def two_gateways_do_not_wait_for_each_other(e911d, other):
    run(e911d, "UPDATE e911.location SET street = 'Oak St'")
    found = run(other, STORE)
    is_true(found == 3, "a gateway stores what it found", found)
    found = run(e911d, STORE)
    is_true(found is None, "the other one comes again when that is over", found)
    other.commit()
    found = run(e911d, STORE)
    is_true(found == 0, "and finds it done", found)


def main():
    e911d, operator = session(True), session(False)
    run(e911d, PLACES)
    run(e911d, STORE)
    run(e911d, "UPDATE e911.location_resolution SET waiting = true")
    what_an_operator_holds_is_left_out(e911d, operator)
    a_row_to_come_is_not_waited_for(e911d, operator)
    two_gateways_do_not_wait_for_each_other(e911d, operator)


main()
