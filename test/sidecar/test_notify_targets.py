# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls are told to targets that are well, dead, silent, flapping and mad,
through all of e911d."""
import json
import os
import socket
import sys
import threading
import time

import pytest

from harness.authority import Authority
from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
from receivers import Hook, Mailbox, free_port  # noqa: E402

LARKSPUR = 1


@pytest.fixture(name="authority", scope="module")
def made_authority(tmp_path_factory):
    one = Authority(str(tmp_path_factory.mktemp("authority")))
    one.context = one.server(one.issue("server", "127.0.0.1"))
    return one


class Town:
    """e911d with recipients of one organisation; calls are events of the
    journal."""

    def __init__(self, e911d, postgres, authority):
        self.e911d, self.postgres, self.authority = e911d, postgres, authority
        postgres.execute("DELETE FROM e911.recipient")
        self.calls = 0
        e911d.settings.update({
            "notify_networks": "127.0.0.0/8",
            "notify_ca": authority.path("ca.pem"),
            "notify_retry_min_ms": 20,
            "notify_retry_max_ms": 200})

    def tell(self, name, channel, address, updates=False, **columns):
        names = ["organization_id", "name", "channel", "address", "updates",
                 *columns]
        self.postgres.execute(
            f"INSERT INTO e911.recipient ({', '.join(names)})"
            f" VALUES ({', '.join(['%s'] * len(names))})",
            LARKSPUR, name, channel, address, updates, *columns.values())

    def hook(self, hook, name, **columns):
        self.tell(name, "webhook", f"https://127.0.0.1:{hook.port}/{name}",
                  **columns)

    def start(self):
        self.e911d.start_and_wait()
        return self

    def call(self, count=1):
        """Calls that come in now; their ids."""
        lines, ids = [], []
        for _ in range(count):
            self.calls += 1
            ids.append(f"11111111-0000-4000-8000-{self.calls:012x}")
            lines.append(
                f"event call.started {ids[-1]} {int(time.time() * 1000)}"
                f" service=emergency organization_id={LARKSPUR}"
                " caller_number=%2b12065550100 sip_call_id=a"
                f"{self.calls}%40host")
        self.e911d.write_journal(*lines)
        return ids

    def wait_posts(self, hook, count, what, timeout=40):
        """Until so many different notices are there."""
        wait_until(lambda: len(heard(hook)) >= count, what, timeout,
                   [self.e911d.process])
        assert len(heard(hook)) == count

    def states(self, name):
        """{state: count} of the notices of a recipient, as SQL has them."""
        return {row["state"]: row["count"] for row in self.postgres.query(
            "SELECT state, count(*) FROM e911.notification"
            " JOIN e911.recipient USING (recipient_id)"
            " WHERE name = %s GROUP BY state", name)}


@pytest.fixture(name="town")
def made_town(e911d, postgres, authority):
    return Town(e911d, postgres, authority)


def heard(hook):
    return {post.headers["webhook-id"] for post in hook.posts}


class Silent:
    """Takes connections, and does nothing with them."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_no_target_waits_for_another(town):
    """A good one is told of 40 calls while the others have failed each."""
    flaps = threading.Event()
    tls = town.authority.context
    with Hook(tls=tls) as good, Hook(tls=tls) as flapping, Silent() as silent, \
            Mailbox(tls=tls) as mail:
        dead = free_port()

        def flap(handler):
            """Two failures, in three ways, before one that is good."""
            turn = len(flapping.posts) % 3
            if flaps.is_set() or turn == 2:
                handler.wfile.write(b"HTTP/1.1 204 x\r\n\r\n")
            elif turn == 1:
                handler.wfile.write(b"HTTP/1.1 503 x\r\nContent-Length: 0"
                                    b"\r\nRetry-After: 0\r\n\r\n")
            else:
                handler.connection.shutdown(socket.SHUT_RDWR)

        flapping.by_path["/flapping"] = flap
        town.hook(good, "good")
        town.hook(flapping, "flapping")
        town.hook(silent, "silent")
        town.tell("dead", "webhook", f"https://127.0.0.1:{dead}/dead")
        town.tell("inside", "webhook", "https://127.1:1/inside")
        town.tell("mail", "email", "desk@example.org")
        town.e911d.settings.update({
            "smtp_url": f"smtp://127.0.0.1:{mail.port}",
            "smtp_from": "e911@example.com",
            "smtp_ca": town.authority.path("ca.pem")})
        town.start()
        calls = town.call(40)
        town.wait_posts(good, 40, "the good one is told")
        wait_until(lambda: len(mail.mails) == 40, "mail has come", 40,
                   [town.e911d.process])
        town.wait_posts(flapping, 40, "the flapping one is told")
        assert {json.loads(p.body)["call_id"] for p in good.posts} == set(
            calls)
        assert len(good.posts) == 40  # nothing came twice
        assert {m.recipients[0] for m in mail.mails} == {"desk@example.org"}
        flaps.set()
        for name in "good", "flapping", "mail":
            wait_until(lambda n=name: town.states(n) == {"delivered": 40},
                       f"{name} is delivered in SQL", 30,
                       [town.e911d.process])
        for name in "silent", "dead":
            wait_until(lambda n=name: town.states(n) == {"waiting": 40},
                       f"{name} waits in SQL", 30, [town.e911d.process])


def test_a_target_that_comes_back_hears_all_once(town):
    """Dead during 200 calls, and while e911d is killed; then it is there."""
    port = free_port()
    with Hook(tls=town.authority.context) as good:
        town.tell("dead", "webhook", f"https://127.0.0.1:{port}/dead")
        town.hook(good, "good")
        town.start()
        town.call(100)
        town.wait_posts(good, 100, "the good one is told")
        town.e911d.kill()
        town.call(100)
        town.e911d.start()
        town.wait_posts(good, 200, "the good one is told of all")
        with Hook(tls=town.authority.context, port=port) as back:
            town.wait_posts(back, 200, "who was dead is told of all")
            wait_until(lambda: town.states("dead") == {"delivered": 200},
                       "all are delivered in SQL", 30, [town.e911d.process])
            assert len(back.posts) == 200


def test_who_refuses_is_not_told_again(town):
    with Hook(tls=town.authority.context) as hook:
        hook.by_path = {"/gone": (410, {}, b""), "/moved": (
            302, {"Location": f"https://127.0.0.1:{hook.port}/good"}, b"")}
        for name in "gone", "moved", "good":
            town.hook(hook, name)
        town.start()
        town.call(5)
        for name, state in (("gone", "given up"), ("moved", "given up"),
                            ("good", "delivered")):
            wait_until(lambda n=name, s=state: town.states(n) == {s: 5},
                       f"{name} is {state}", 40, [town.e911d.process])
        assert sorted(p.path for p in hook.posts) == sorted(
            ["/gone", "/moved", "/good"] * 5)


def test_a_second_way_is_used_when_the_first_is_silent(town):
    with Hook(tls=town.authority.context) as second, Silent() as silent, \
            Hook(tls=town.authority.context) as well, \
            Hook(tls=town.authority.context) as spare:
        town.hook(silent, "first")
        town.hook(well, "well")
        # What is well has a minute for it, on a machine that is busy too.
        for name, hook, first, after_s in (("second", second, "first", 1),
                                           ("spare", spare, "well", 60)):
            number = town.postgres.value(
                "SELECT recipient_id FROM e911.recipient WHERE name = %s",
                first)
            town.hook(hook, name, instead_of=number,
                      after_s=after_s)
        town.start()
        town.call(10)
        town.wait_posts(second, 10, "the second way is used")
        wait_until(lambda: town.states("spare") == {"cancelled": 10},
                   "what was not needed is cancelled", 40,
                   [town.e911d.process])
        assert not spare.posts and len(well.posts) == 10
