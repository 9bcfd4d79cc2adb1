# SPDX-License-Identifier: GPL-2.0-or-later
"""A PostgreSQL cluster in a directory: no TCP port, no system service."""
import getpass
import glob
import os
import re
import shutil
import signal
import subprocess

import psycopg2
import psycopg2.extras

from .process import Process, service_user
from .wait import wait_until

DATABASE = "e911"


def binary(name):
    """The newest installed server's program."""
    found = glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    if not found:
        raise RuntimeError("PostgreSQL is not installed: "
                           "run packaging/install-dependencies")
    return max(found, key=lambda p: int(re.search(r"/(\d+)/", p).group(1)))


class Postgres:
    """One cluster under 'directory', with the schema from 'sql'.

    Who connects is told by the system (peer): root and whoever runs this may
    be anybody, the services' user is the role e911d only.
    """

    def __init__(self, directory, sql):
        self.directory = directory
        self.sql = sql
        self.data = os.path.join(directory, "data")
        self.log = os.path.join(directory, "postgres.log")
        self.user = service_user("postgres")
        self.process = None
        self._connection = None

    def create(self):
        os.makedirs(self.directory, exist_ok=True)
        if self.user:
            shutil.chown(self.directory, self.user, self.user)
        os.chmod(self.directory, 0o755)
        done = subprocess.run(
            self._as_user([binary("initdb"), "-D", self.data, "-U",
                           "postgres", "--locale=C.UTF-8", "--no-sync",
                           "--auth=peer", "--encoding=UTF8"]),
            cwd=self.directory, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stdout}{done.stderr}")
        self._write("pg_hba.conf", "local all all peer map=e911\n")
        anybody = {"root", "postgres", getpass.getuser()}
        self._write("pg_ident.conf", "".join(
            f"e911 {name} {role}\n"
            for name in sorted(anybody) for role in ("postgres", "e911d"))
            + "e911 kamailio e911d\n")

    def _as_user(self, argv):
        if not self.user:
            return argv
        return ["setpriv", "--reuid", self.user, "--regid", self.user,
                "--init-groups", "--"] + argv

    def _write(self, name, text):
        with open(os.path.join(self.data, name), "w",
                  encoding="utf-8") as out:
            out.write(text)

    def start(self, **more):
        """Fast and careless about its disk, unless 'more' options say."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.directory,
            "unix_socket_permissions": "0777",
            "fsync": "off", "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "32MB", "max_connections": "60",
            "log_timezone": "UTC", "timezone": "UTC",
            **more,
        }
        argv = [binary("postgres"), "-D", self.data]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        self.process = Process("PostgreSQL", argv, self.log, user=self.user,
                               cwd=self.directory,
                               death_signal=signal.SIGINT)
        wait_until(self._accepts, "PostgreSQL accepts connections", 30,
                   [self.process])

    def _accepts(self):
        try:
            psycopg2.connect(self.conninfo(database="postgres")).close()
            return True
        except psycopg2.OperationalError:
            return False

    def conninfo(self, user="postgres", database=DATABASE):
        return f"host={self.directory} user={user} dbname={database}"

    def load(self, demo=None):
        """Create the database: the schema, and demo.sql if 'demo' has the
        variables for it."""
        with psycopg2.connect(self.conninfo(database="postgres")) as setup:
            pass
        setup.autocommit = True
        with setup.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        setup.close()
        self.psql("-f", os.path.join(self.sql, "schema.sql"))
        self.execute("CREATE ROLE e911d LOGIN; GRANT e911_sidecar TO e911d")
        if demo is not None:
            variables = []
            for name, value in demo.items():
                variables += ["-v", f"{name}={value}"]
            self.psql(*variables, "-f", os.path.join(self.sql, "demo.sql"))

    def psql(self, *arguments):
        done = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1",
             "-d", self.conninfo(), *arguments],
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"psql {arguments}: "
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def _cursor(self):
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(self.conninfo())
            self._connection.autocommit = True
        return self._connection.cursor(
            cursor_factory=psycopg2.extras.RealDictCursor)

    def query(self, text, *parameters):
        """All rows, as dictionaries."""
        try:
            with self._cursor() as cursor:
                cursor.execute(text, parameters)
                return [dict(row) for row in cursor.fetchall()]
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self._connection = None
            raise

    def value(self, text, *parameters):
        """The first column of the first row, or None."""
        for row in self.query(text, *parameters):
            return next(iter(row.values()))
        return None

    def execute(self, text, *parameters):
        with self._cursor() as cursor:
            cursor.execute(text, parameters)

    def stop(self, number=signal.SIGINT):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self.process is not None:
            self.process.stop(number)
            self.process = None

    def psql_command(self):
        """What a person types."""
        return f"psql -h {self.directory} -U postgres {DATABASE}"
