# SPDX-License-Identifier: GPL-2.0-or-later
"""PostgreSQL, e911d and Kamailio together, in one temporary directory."""
import os
import shutil
import subprocess
import tempfile

from .authority import Authority
from .kamailio import Kamailio, RpcError
from .network import AddressBlock, free_port
from .postgres import Postgres
from .process import service_user
from .sidecar import Sidecar
from .wait import TimedOut, wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__),
                                    "..", "..", ".."))
NODE = "gw1"
# Who has which address of the block: the gateway, and the peers of
# sql/demo.sql by the names of its variables.
GATEWAY_HOST = 1
DEMO_HOSTS = {"demo_genesys_cloud": 11, "demo_pureconnect": 12,
              "demo_multicloud": 13, "demo_pbx": 14,
              "demo_north": 21, "demo_south": 22, "demo_relay": 23,
              "demo_last_resort": 24}

CALL = """
SELECT c.*, t.name AS trunk, o.name AS organization, e.name AS endpoint,
       l.name AS location, p.name AS psap, r.name AS route_trunk
  FROM e911.call c
  LEFT JOIN e911.trunk t ON t.trunk_id = c.trunk_id
  LEFT JOIN e911.organization o ON o.organization_id = c.organization_id
  LEFT JOIN e911.endpoint e ON e.endpoint_id = c.endpoint_id
  LEFT JOIN e911.location l ON l.location_id = c.location_id
  LEFT JOIN e911.psap p ON p.psap_id = c.psap_id
  LEFT JOIN e911.trunk r ON r.trunk_id = c.route_trunk_id
"""


class Gateway:
    """'build': the build directory with e911.so and e911d.

    Use it as a context manager, or call start() and stop().  The directory
    is removed at the end unless 'keep' is true by then.

    With 'forget_soon' Kamailio keeps what has ended for a second only,
    instead of half a minute, so that check_idle() can look at its memory.

    With 'tls' it also listens for TLS on tls_port; 'authority' has issued its
    certificate, and is the only one that it trusts.
    """

    def __init__(self, build, top=TOP, keep=False, forget_soon=False,
                 tls=False):
        self.top = top
        self.forget_soon = forget_soon
        self.build = build
        self.keep = keep
        self.directory = tempfile.mkdtemp(prefix="e911-")
        os.chmod(self.directory, 0o755)
        self.block = AddressBlock()
        self.address = self.block.address(GATEWAY_HOST)
        self.port = self.block.port
        self.trunks = {}
        self.memory = None

        self.bin = self._sub("bin")
        self.state = self._sub("state", service=True)
        self.run = self._sub("run", service=True)
        wake_socket = os.path.join(self.run, "e911d.sock")
        self.postgres = Postgres(os.path.join(self.directory, "postgres"),
                                 os.path.join(top, "sql"))
        self.sidecar = Sidecar(
            os.path.join(self.bin, "e911d"), self._sub("e911d"), self.state,
            wake_socket, self.postgres.conninfo("e911d"), NODE)
        self.kamailio = Kamailio(
            self._sub("kamailio", service=True),
            os.path.join(top, "kamailio-cfg"), self.bin,
            [(t, self.address, self.port) for t in ("udp", "tcp")],
            {"E911_STATE_DIR": self.state, "E911_LASTING_DIR": self.state,
             "E911_WAKE_SOCKET": wake_socket,
             "E911_LOCATE_SOCKET": self.sidecar.settings["locate_socket"],
             "E911_NODE": NODE})

        # What an ESInet is told of the gateway: of meaning to i3 trunks only.
        self.kamailio.modparams += [
            ("e911", "i3_domain", "gw.example.com"),
            ("e911", "i3_provider_name", "Example Gateways Inc"),
            ("e911", "i3_provider_contact", "tel:+12065550199"),
            ("e911", "i3_provider_id", "urn:nena:companyid:EXGW")]
        self.authority, self.tls_port, self.memory_slack = None, None, 0
        if tls:
            self._add_tls()
        # Scenarios would wait too long for the least that RFC 4028 allows.
        self.kamailio.modparams += [("e911", "session_min_se", 2)]
        if forget_soon:
            self.kamailio.modparams += [("e911", "linger", 1),
                                        ("tm", "wt_timer", 1000)]

    def _add_tls(self):
        self.authority = Authority(self._sub("authority"))
        self.tls_port = free_port()
        # Each process of Kamailio has caches of OpenSSL there, filled when
        # they are used; and two of each while a configuration is replaced.
        self.memory_slack = 3 << 19
        certificate, key = self.authority.issue(
            "gateway", "gw1.example.com", self.address)
        kamailio = self.kamailio
        kamailio.features.append("WITH_TLS")
        kamailio.listen.append(("tls", self.address, self.tls_port))
        kamailio.tls_files = {"cert.pem": certificate, "key.pem": key,
                              "ca.pem": self.authority.path("ca.pem")}

    def _sub(self, name, service=False):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        user = service_user("kamailio")
        if service and user:
            shutil.chown(path, user, user)
        return path

    def last_in_memory(self):
        """What outlives Kamailio lies where an operator has it, and not on
        the disk beside all else: who writes to a page that the disk has
        just been given waits for the file system, and takes its time."""
        self.memory = tempfile.mkdtemp(prefix="e911-", dir="/dev/shm")
        user = service_user("kamailio")
        if user:
            shutil.chown(self.memory, user, user)
        self.kamailio.settings["E911_LASTING_DIR"] = self.memory

    def __enter__(self):
        try:
            return self.start()
        except BaseException as problem:
            # The logs tell why it did not start; nobody reads them after a
            # Ctrl-C.
            self.keep = self.keep or isinstance(problem, Exception)
            self.stop()
            raise

    def __exit__(self, kind, *_):
        self.stop()

    def install(self):
        """Copy what was built: the services' user may not see the tree."""
        for path in ("modules/e911/e911.so", "sidecar/e911d"):
            shutil.copy(os.path.join(self.build, path), self.bin)

    def start(self):
        self.install()
        self.postgres.create()
        self.postgres.start()
        self.load()
        self.read_trunks()
        self.sidecar.start()
        self.wait_directory()
        self.kamailio.settings.setdefault(
            "E911_DEFAULT_ROUTE", self.default_route())
        self.kamailio.start()
        return self

    def load(self):
        """What is provisioned before the services start: the demo town."""
        self.postgres.load({
            "demo_port": self.port,
            **{name: self.block.address(host)
               for name, host in DEMO_HOSTS.items()}})
        # A peer that one scenario keeps silent must be tried in the next.
        self.postgres.execute("UPDATE e911.trunk SET recovery_timeout_s = 0")

    def read_trunks(self):
        for row in self.postgres.query(
                "SELECT name, host(host) AS host, port, transport, role"
                "  FROM e911.trunk"):
            self.trunks[row["name"]] = row

    def default_route(self):
        """Where calls go without a directory: to the last resort."""
        for row in self.postgres.query(
                "SELECT t.name, r.request_user FROM e911.psap_route r"
                "  JOIN e911.psap p USING (psap_id)"
                "  JOIN e911.trunk t USING (trunk_id)"
                " WHERE p.kind = 'last_resort' ORDER BY r.priority"):
            trunk = self.trunks[row["name"]]
            return (f"sip:{row['request_user']}@{trunk['host']}:"
                    f"{trunk['port']};transport={trunk['transport']}")
        raise RuntimeError("the demo town has no last resort")

    def wait_directory(self):
        """The sidecar has published the directory."""
        current = os.path.join(self.state, "directory", "current")
        wait_until(lambda: os.path.exists(current),
                   "e911d has published the directory", 30,
                   [self.sidecar.process])

    def provision(self, sql):
        """Change what is provisioned; back when the workers see it."""
        self.postgres.execute(sql)
        self.read_trunks()
        self.wait_published()

    def import_areas(self, path):
        """Areas of PSAPs, from a file of the tree."""
        subprocess.run(
            [os.path.join(self.build, "sidecar", "e911ctl"), "import",
             "boundaries", os.path.join(self.top, path),
             "--postgres", self.postgres.conninfo()],
            check=True, stdout=subprocess.DEVNULL, timeout=60)

    def wait_resolved(self, timeout=30):
        """e911d has found the PSAP of each point, and published it."""
        wait_until(lambda: not self.postgres.query(
            "SELECT FROM e911.location_resolution WHERE waiting"),
            "no point waits for its PSAP", timeout, self.services())
        self.wait_published()

    def wait_published(self, timeout=30):
        """The directory holds all that is committed now."""
        last = self.last_change()
        wait_until(lambda: self.published_change() >= last,
                   f"the directory has change {last}", timeout,
                   self.services())

    def last_change(self):
        """Of what is provisioned: the number of its transaction, and its own;
        both 0 when there is none."""
        # Ordered by the number itself, not by the text of that name.
        for row in self.postgres.query(
                "SELECT txid::text AS number, change_id FROM e911.change_log"
                " ORDER BY txid DESC, change_id DESC LIMIT 1"):
            return int(row["number"]), row["change_id"]
        return 0, 0

    def published_change(self):
        """The last one that Kamailio sees in the directory."""
        now = self.kamailio.rpc("e911.directory")
        return int(now.get("change_txid", 0)), int(now.get("change_id", 0))

    def stop(self):
        for part in (self.kamailio, self.sidecar, self.postgres):
            part.stop()
        self.block.release()
        if self.memory:
            shutil.rmtree(self.memory, ignore_errors=True)
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    # ---- what was seen of a call ----

    def call(self, sip_call_id):
        """The row of the call with this Call-ID on leg A, or None."""
        for row in self.postgres.query(
                CALL + " WHERE c.sip_call_id_a = %s"
                " ORDER BY c.started_at DESC LIMIT 1", sip_call_id):
            return row
        return None

    def ended_call(self, sip_call_id, timeout=30):
        def ended():
            row = self.call(sip_call_id)
            return row if row and row["ended_at"] else None
        return wait_until(ended, f"call {sip_call_id} has ended in SQL",
                          timeout, self.services())

    def events(self, call_id):
        return self.postgres.query(
            "SELECT kind, detail, at FROM e911.call_event"
            " WHERE call_id = %s ORDER BY at, event_id", call_id)

    def events_of(self, sip_call_id):
        """Events that belong to no call, by the Call-ID that they name."""
        return self.postgres.query(
            "SELECT kind, detail, at FROM e911.call_event"
            " WHERE detail ->> 'sip_call_id' = %s ORDER BY at, event_id",
            sip_call_id)

    def services(self):
        """The processes that should be running."""
        return [part.process for part in
                (self.kamailio, self.sidecar, self.postgres) if part.process]

    # ---- invariants ----

    def check_idle(self, timeout=30):
        """No call is left, every event has come to SQL, and (forget_soon)
        shared memory is back at the level of Kamailio's start."""
        wait_until(lambda: not self.live_calls(), "no call is left", timeout,
                   self.services())
        if self.sidecar.process and self.postgres.process:
            wait_until(self.journal_drained, "the journal is drained",
                       timeout, self.services())
        if self.forget_soon:
            self.check_memory(timeout)

    def live_calls(self):
        """Calls that are going on; ended ones are kept for late requests."""
        return [call for call in self.kamailio.rpc("e911.calls") or []
                if call["state"] != "ended"]

    def check_memory(self, timeout):
        wait_until(lambda: not self.kamailio.rpc("e911.calls"),
                   "ended calls are forgotten", timeout, self.services())

        def excess():
            # Lent numbers are remembered in places made at the start.
            return (self.kamailio.shared_memory_used()
                    - self.kamailio.memory_level)
        try:
            wait_until(lambda: excess() <= self.memory_slack,
                       "shared memory is back at its level", timeout)
        except TimedOut as problem:
            raise TimedOut(f"{problem}: {excess()} bytes more than at the "
                           "start") from None

    def journal_drained(self):
        """Every event that the module wrote since its start is in SQL."""
        try:
            stats = self.kamailio.rpc("e911.stats")
        except RpcError:
            return False
        stored = self.postgres.value(
            "SELECT count(*) FROM e911.call_event WHERE node = %s", NODE)
        return stored >= int(stats["events_written"])
