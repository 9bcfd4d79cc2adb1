# SPDX-License-Identifier: GPL-2.0-or-later
"""A real e911d against a real PostgreSQL of its own, without Kamailio.

    --build DIR    what is tested (default: $E911_BUILD or build/debug)
"""
import os
import shutil
import sys
import tempfile

import psycopg2
import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [HERE, os.path.join(TOP, "test", "e2e")]

from e911d import E911d  # noqa: E402  (the path comes first)
from harness.postgres import Postgres  # noqa: E402
from importer import Ctl  # noqa: E402

TEMPLATE = "e911_template"


def pytest_addoption(parser):
    try:
        parser.addoption("--build", default=os.environ.get(
            "E911_BUILD", os.path.join(TOP, "build", "debug")),
            help="build directory with e911d")
    except ValueError:
        pass  # test/e2e has it too, when both are run at once


class Database:
    """The town of sql/demo.sql, new for each test."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="e911-")
        os.chmod(self.directory, 0o755)
        self.postgres = Postgres(os.path.join(self.directory, "postgres"),
                                 os.path.join(TOP, "sql"))
        self.postgres.create()
        self.postgres.start()
        self.postgres.load({})
        self._admin("ALTER DATABASE e911 RENAME TO " + TEMPLATE)

    def _admin(self, text):
        if self.postgres._connection is not None:
            self.postgres._connection.close()
            self.postgres._connection = None
        connection = psycopg2.connect(
            self.postgres.conninfo(database="postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(text)
        connection.close()

    def renew(self):
        if self.postgres.process is None:
            self.postgres.start()
        self._admin("DROP DATABASE IF EXISTS e911 WITH (FORCE)")
        self._admin(f"CREATE DATABASE e911 TEMPLATE {TEMPLATE}")
        self.postgres.execute("UPDATE e911.gateway"
                              "   SET database_id = gen_random_uuid()")
        return self.postgres

    def close(self):
        self.postgres.stop()
        shutil.rmtree(self.directory)


@pytest.fixture(scope="session")
def database():
    one = Database()
    yield one
    one.close()


@pytest.fixture
def postgres(database):
    return database.renew()


@pytest.fixture
def new_e911d(request, postgres, tmp_path):
    """Makes one more e911d, with a state directory of its own."""
    made = []

    def make(name="e911d", user=None):
        directory = tmp_path / name
        directory.mkdir()
        one = E911d(os.path.realpath(request.config.getoption("--build")),
                    str(directory), postgres.conninfo("e911d"), user)
        made.append(one)
        return one

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def e911d(new_e911d):
    """Not started yet."""
    return new_e911d()


@pytest.fixture
def ctl(request, postgres, tmp_path):
    """e911ctl, as who imports and exports runs it."""
    return Ctl(os.path.realpath(request.config.getoption("--build")),
               postgres, str(tmp_path))
