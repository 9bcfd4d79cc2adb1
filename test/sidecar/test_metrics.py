# SPDX-License-Identifier: GPL-2.0-or-later
"""/metrics and /healthz of e911d, without Kamailio: what they say when parts
are missing, and what a false Kamailio can do."""
import json
import os
import re
import socket
import sys
import threading

import pytest

from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
import prometheus  # noqa: E402  (the path comes first)


EVENT = ("event leg.ringing 11111111-0000-4000-8000-000000000001"
         " 1700000000000")


def target_of(e911d):
    e911d.wait_log("metrics: listens on")
    return prometheus.Target(int(re.search(
        r"metrics: listens on '[^']*', port (\d+)", e911d.log_text())[1]))


@pytest.fixture
def watched(e911d, tmp_path):
    e911d.settings.update({"metrics_listen": "127.0.0.1:0",
                           "kamailio_rpc": str(tmp_path / "rpc.sock")})
    return e911d


def rows(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as text:
        return re.findall(r'^STAT\((\w+),\s*(?:"([\w.]+)",)?', text.read(),
                          re.MULTILINE)


def health(target):
    status, kind, text = target.get("/healthz")
    told = json.loads(text)
    assert kind == "application/json" and status == (200 if told["good"]
                                                     else 503)
    assert told["good"] == all(p["good"] for p in told["parts"].values())
    assert set(told["parts"]) == {"postgresql", "directory", "journal",
                                  "publisher", "certificates",
                                  "notifications"}
    assert all(part["says"] for part in told["parts"].values())
    return {name for name, part in told["parts"].items() if not part["good"]}


def test_every_counter_is_told(watched, postgres):
    watched.start_and_wait()
    target = target_of(watched)
    wait_until(lambda: target.value("e911_directory_age_seconds") is not None
               and not health(target), "all is well", 30, [watched.process])
    families = target.families()
    for name, (kind, _, samples) in families.items():
        assert re.fullmatch(r"e911_[a-z0-9_]+", name)
        assert (kind == "counter") == name.endswith("_total"), name
        # Neither people nor places, calls or numbers.
        for key in samples:
            assert {label for label, _ in key} <= {"part", "service",
                                                   "version"}
    told = {f"e911_{text.replace('.', '_')}_total"
            for _, text in rows("sidecar/base/stats.def")}
    assert len(told) > 30 and told <= set(families)
    assert set(families["e911_postgres_up"][2].values()) == {1}
    assert set(families["e911_healthy"][2].values()) == {1}
    assert target.value("e911_directory_usable") == 1
    assert target.value("e911_journal_waiting") == 0
    before = target.value("e911_directory_changes_total")
    postgres.execute("UPDATE e911.endpoint SET name = 'Avery Reyes'"
                     " WHERE number = '+12065550121'")
    wait_until(lambda: target.value("e911_directory_changes_total") > before,
               "the change is counted", 30, [watched.process])
    text = target.get("/metrics")[2]
    assert "Reyes" not in text and "+1206" not in text


def test_postgresql_away_is_told_and_back_is_well(watched, postgres):
    watched.start_and_wait()
    target = target_of(watched)
    wait_until(lambda: not health(target), "all is well", 30,
               [watched.process])
    postgres.stop()
    wait_until(lambda: "postgresql" in health(target), "it is missed", 40,
               [watched.process])
    families = target.families()
    assert families["e911_postgres_up"][2] == {
        (("service", '"publisher"'),): 0, (("service", '"collector"'),): 0,
        (("service", '"notify"'),): 0}
    assert families["e911_healthy"][2][(("part", '"postgresql"'),)] == 0
    assert families["e911_directory_usable"][2][()] == 1
    postgres.start()
    wait_until(lambda: not health(target), "all is well again", 40,
               [watched.process])


def test_events_that_wait_are_counted(watched, postgres):
    conninfo = watched.settings["postgres"]
    watched.settings["postgres"] = "host=127.0.0.1 port=1"
    watched.start()
    target = target_of(watched)
    wait_until(lambda: target.value("e911_journal_waiting") == 0,
               "there is no journal yet", 30, [watched.process])
    assert {"directory"} <= health(target)
    for _ in range(3):
        watched.write_journal(*[EVENT] * 700)
    wait_until(lambda: target.value("e911_journal_waiting") == 2100,
               "2100 events wait", 30, [watched.process])
    assert "journal" in health(target)
    assert target.value("e911_journal_behind_seconds") > 0
    watched.stop()
    watched.settings["postgres"] = conninfo
    os.unlink(watched.log)
    watched.start_and_wait()
    target = target_of(watched)
    wait_until(lambda: target.value("e911_journal_waiting") == 0
               and not health(target), "all are stored", 30,
               [watched.process])
    assert target.value("e911_collector_stored_total") == 2100


def test_a_certificate_that_cannot_be_read_is_no_good(watched, tmp_path):
    bad = tmp_path / "bad.pem"
    bad.write_text("nonsense\n")
    watched.settings["certificates"] = str(bad)
    watched.start_and_wait()
    target = target_of(watched)
    wait_until(lambda: health(target) == {"certificates"},
               "the certificate is missed", 30, [watched.process])
    assert target.value("e911_certificates_unreadable") == 1
    # Its path is nobody's business.
    assert "bad.pem" not in target.get("/healthz")[2]


class FalseKamailio:
    """Answers by what it is given, or not at all."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o777)
        self.reply, self.asked = None, []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                question, who = self.socket.recvfrom(65536)
            except OSError:
                return
            if question == b"end":
                return
            self.asked.append(json.loads(question))
            if self.reply is not None:
                self.socket.sendto(self.reply, who)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


def result(**members):
    return json.dumps({"jsonrpc": "2.0", "id": 1,
                       "result": members}).encode()


BAD = {
    "silent": None,
    "empty": b"",
    "no JSON": b"\xff\0%n{",
    "no object": b"[1,2,3]",
    "no result": b'{"jsonrpc":"2.0","id":1,"error":{"code":500}}',
    "a text": b'{"result":"calls_started"}',
    "no number": result(calls_started="x", calls_active=-1, calls_failed=None,
                        legs_lost=1.5, elins_active="9" * 40),
    "deep": b'{"result":' + b"[" * 60000,
    "cut": result(calls_started=1)[:-3],
    "twice": b'{"result":{"calls_started":1,"calls_started":2}}',
}


@pytest.mark.parametrize("what", BAD)
def test_a_kamailio_that_says_nonsense_is_down(watched, tmp_path, what):
    watched.settings["kamailio_rpc_timeout_ms"] = 100
    kamailio = FalseKamailio(str(tmp_path / "rpc.sock"))
    try:
        kamailio.reply = BAD[what]
        watched.start_and_wait()
        target = target_of(watched)
        families = target.families()
        assert families["e911_module_up"][2] == {(): 0}
        assert not [n for n in families if n.startswith("e911_module_")
                    and n != "e911_module_up"]
        # It is told once, not with each question.
        target.families()
        assert watched.log_text().count("Kamailio does not say") == 1
        # And when it says sense it is up.
        kamailio.reply = result(calls_started=7, calls_active="3", unknown=1,
                                **{'x"} 1\ne911_forged 1': 1})
        wait_until(lambda: target.value("e911_module_up") == 1, "it is up",
                   30, [watched.process])
        families = target.families()
        assert target.value("e911_module_calls_started_total", families) == 7
        assert target.value("e911_module_calls_active", families) == 3
        assert len([n for n in families if n.startswith("e911_module_")]) == 3
        assert {q["method"] for q in kamailio.asked} == {"e911.stats"}
    finally:
        kamailio.close()


def test_many_ask_and_kamailio_is_asked_once(watched, tmp_path):
    kamailio = FalseKamailio(str(tmp_path / "rpc.sock"))
    try:
        kamailio.reply = result(calls_started=1)
        watched.start_and_wait()
        target = target_of(watched)
        for _ in range(200):
            status, _, _ = target.get("/metrics")
            assert status == 200
        # 200 questions take less than a hundred seconds, by far.
        assert 1 <= len(kamailio.asked) < 100
    finally:
        kamailio.close()


def test_without_a_socket_the_module_is_down(watched):
    watched.start_and_wait()
    assert target_of(watched).value("e911_module_up") == 0


def test_nothing_else_is_answered(watched):
    watched.start_and_wait()
    target = target_of(watched)
    for path in ("/", "/metrics/", "/metric", "/healthz.", "/lost", "/held",
                 "/%2e%2e/metrics", "/metrics%00"):
        assert target.get(path)[0] == 404, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert target.get("/metrics", method)[0] == 405, method
        assert target.get("/healthz", method)[0] == 405, method
    assert target.get("/metrics?x=1")[0] == 200


def test_nobody_listens_unless_told(e911d):
    e911d.start_and_wait()
    assert "metrics: listens" not in e911d.log_text()


@pytest.mark.parametrize("listen", ["9911", "localhost:9911", "127.0.0.1:x",
                                    "127.0.0.1:65536"])
def test_an_address_that_is_none_is_refused(watched, listen):
    watched.settings["metrics_listen"] = listen
    watched.write_config()
    status, error = watched.run("--check-config")
    assert status == 2 and "metrics_listen is no address:port" in error


def test_the_pages_alerts_are_about_what_is_told(watched):
    """Names in the rules of docs/OPERATIONS.md."""
    watched.settings["certificates"] = watched.config
    watched.start_and_wait()
    told = set(target_of(watched).families())
    told |= {f"e911_module_{name}_total"
             for name, _ in rows("modules/e911/stats.def")}
    with open(os.path.join(TOP, "docs/OPERATIONS.md"), encoding="utf-8") as page:
        rules = page.read().split("# e911.rules.yml")[1].split("```")[0]
    named = set(re.findall(r"\be911_\w+", rules))
    assert len(named) == 7
    # Told when a certificate can be read.
    assert named - told == {"e911_certificate_ends_timestamp_seconds"}
