# SPDX-License-Identifier: GPL-2.0-or-later
"""On-site screens: who shows them what, and a page's side of HTTP."""
import http.client
import json
import os
import queue
import subprocess
import threading
import uuid

from held import Locator

COOKIE = "e911_screen"


class Stand:
    """The HTTP service of e911d, and a notifier that says what tests want
    (screen_stand.c), over the directory of a real e911d."""

    def __init__(self, e911d, postgres):
        self.e911d = e911d
        self.postgres = postgres
        self.locator = Locator(e911d, postgres)
        for name in ("http_listen", "held", "http_rate", "held_rate",
                     "held_source_rate", "held_uri"):
            del e911d.settings[name]
        self.config = os.path.join(e911d.directory, "stand.conf")
        self.log = os.path.join(e911d.directory, "stand.log")
        self.settings = {"http_listen": "127.0.0.1:0", "screen": 1}
        self.process = None
        self.port = 0

    def start(self):
        """Back when it listens; again on the same port."""
        with open(self.config, "w", encoding="utf-8") as out:
            for name, value in {**self.e911d.settings,
                                **self.settings}.items():
                out.write(f"{name} = {value}\n")
        before = self.log_text().count("http: listens on")
        self.process = subprocess.Popen(
            [os.path.join(self.e911d.bin, "screen_stand"), self.config],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=open(self.log, "a", encoding="utf-8"), text=True)
        from harness.wait import wait_until
        wait_until(lambda: self.log_text().count("http: listens on") > before
                   or self.process.poll() is not None, "the stand listens")
        line = [line for line in self.log_text().splitlines()
                if "http: listens on" in line][-1]
        self.port = int(line.split("port ")[1].split(",")[0])
        self.settings["http_listen"] = f"127.0.0.1:{self.port}"
        return self

    def log_text(self):
        try:
            with open(self.log, encoding="utf-8") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def stop(self):
        """Ask it to end; its status."""
        self.process.stdin.close()
        status = self.process.wait(timeout=30)
        self.process = None
        return status

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def screen(self, name, organization="Larkspur Insurance"):
        """A new screen: its token."""
        self.postgres.execute(
            "INSERT INTO e911.screen (organization_id, name)"
            " SELECT organization_id, %s FROM e911.organization"
            "  WHERE name = %s", name, organization)
        return self.token(name)

    def token(self, name):
        token = self.postgres.value(
            "SELECT e911.screen_token_new(screen_id) FROM e911.screen"
            " WHERE name = %s", name)
        self.locator.settle()
        return token

    def organization(self, name="Larkspur Insurance"):
        return self.postgres.value("SELECT organization_id FROM"
                                   " e911.organization WHERE name = %s", name)

    def post(self, target, call=None, event="emergency_call", organization=1,
             ident=None, subject="911", text="", at=None, **facts):
        """What the log said: 0 not shown, 1 shown, negative: an error."""
        numbers = {"organization": organization}
        if at is not None:
            numbers["at"] = at
        said = {"target": target, "event": event, "call": call or "",
                "id": ident or uuid.uuid4().hex[:16], "subject": subject,
                "text": text, "json": json.dumps({"event": event, **facts}),
                "numbers": numbers}
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()
        said = int(self.process.stdout.readline())
        return 0 if said == 2 else said  # no page is connected


class Client:
    """What a page does, without a browser."""

    def __init__(self, port, tls=None):
        self.port = port
        self.tls = tls
        self.cookie = None
        self.proof = "login"

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port,
                                               timeout=30, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def headers(self, more=None):
        headers = {"X-E911-Token": self.proof}
        if self.cookie:
            headers["Cookie"] = f"other=1; {COOKIE}={self.cookie}"
        headers.update(more or {})
        return {name: value for name, value in headers.items()
                if value is not None}

    def ask(self, method, path, body=None, more=None):
        """Status, headers, text."""
        connection = self.connect()
        if isinstance(body, dict):
            body = json.dumps(body)
        connection.request(method, "/screen" + path, body, self.headers(more))
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, response.headers, text

    def login(self, token, status=200):
        got, headers, text = self.ask("POST", "/login", {"token": token})
        assert got == status, text
        if status != 200:
            assert "Set-Cookie" not in headers
            return None
        self.take(headers, text)
        return headers["Set-Cookie"]

    def take(self, headers, text):
        self.cookie = headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
        self.proof = json.loads(text)["proof"]

    def events(self, after=None, last=None):
        path = "/events" + ("" if after is None else f"?after={after}")
        more = {} if last is None else {"Last-Event-ID": str(last)}
        connection = self.connect()
        connection.request("GET", "/screen" + path, None, self.headers(more))
        response = connection.getresponse()
        return Events(connection, response)


class Events:
    """Server-sent events, as they come."""

    def __init__(self, connection, response):
        self.connection = connection
        self.sock = connection.sock
        self.response = response
        self.status = response.status
        self.queue = queue.Queue()
        self.beats = queue.Queue()
        self.last = 0
        self.ended = threading.Event()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        try:
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line:
                    name, value = line.split(": ", 1)
                    fields[name] = value
                    continue
                if fields.get("event") == "entry":
                    self.queue.put((int(fields["id"]),
                                    json.loads(fields["data"])))
                elif fields.get("event") == "beat":
                    self.beats.put(json.loads(fields["data"]))
                fields = {}
        except (OSError, ValueError, http.client.HTTPException,
                AttributeError):
            pass
        self.ended.set()

    def next(self, timeout=30):
        self.last, entry = self.queue.get(timeout=timeout)
        return entry

    def is_empty(self):
        return self.queue.empty()

    def beat(self, timeout=30):
        return self.beats.get(timeout=timeout)

    def close(self):
        import socket
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()
