# SPDX-License-Identifier: GPL-2.0-or-later
"""A PSAP hands its call over: INVITE with Replaces (RFC 3891)."""
import contextlib
import threading

import pytest

from harness import Crowd, wait_until

NUMBER = "+12065550121"
ORGANIZATION = ("E911-Organization-ID: "
                "91100000-0000-4000-8000-000000000001\r\n")


def crowd(gateway, name, trunk):
    return Crowd(name, gateway.trunks[trunk]["host"], gateway.port,
                 (gateway.address, gateway.port))


@contextlib.contextmanager
def talking(gateway):
    """A caller talks to north; south would take over."""
    with crowd(gateway, "caller", "genesys-cloud") as caller, \
            crowd(gateway, "north", "psap-north") as north, \
            crowd(gateway, "south", "psap-south") as south:
        assert caller.call([1], NUMBER, headers=ORGANIZATION) == {200: 1}
        wait_until(lambda: [c["state"] for c in gateway.live_calls()]
                   == ["connected"], "the caller's ACK has come", 30)
        yield caller, north, south
        caller.ask(caller.of([1]), "BYE")
        wait_until(lambda: not gateway.live_calls(), "no call is left", 30)


@pytest.fixture(name="scene")
def fixture_scene(gateway):
    with talking(gateway) as peers:
        yield peers
    gateway.check_idle()


def replaces(psap, number=1, tag=None):
    """The header that names this PSAP's dialog, as the gateway knows it."""
    dialog = psap.of([number])[0]
    ours = dialog.remote.partition("tag=")[2]
    theirs = tag or dialog.local.partition("tag=")[2]
    return (f"Replaces: {dialog.call_id};to-tag={ours};from-tag={theirs}\r\n"
            "Require: replaces\r\n")


def test_another_psap_takes_the_call_over(gateway, scene):
    caller, north, south = scene
    assert south.call([2], to="e911", headers=replaces(north)) == {200: 1}
    assert north.wait_heard([1], "BYE") == 1
    assert caller.wait_heard([1], "INVITE") == 1, "where its media go"
    assert caller.ask(caller.of([1]), "INFO") == {200: 1}
    assert south.of([2])[0].heard["INFO"] == 1
    assert south.ask(south.of([2]), "INFO") == {200: 1}
    assert caller.of([1])[0].heard["INFO"] == 1
    wait_until(lambda: gateway.postgres.query(
        "SELECT 1 FROM e911.call_event WHERE kind = 'leg.replaced'"),
        "the event is in SQL", 30)
    assert caller.ask(caller.of([1]), "BYE") == {200: 1}
    assert south.wait_heard([2], "BYE") == 1


def test_who_does_not_know_the_dialog_takes_nothing(gateway, scene):
    caller, north, south = scene
    wrong = replaces(north, tag="guessed")
    assert south.call([3], to="e911", headers=wrong) == {481: 1}
    unreadable = replaces(north).replace("to-tag", "tag-to")
    assert south.call([4], to="e911", headers=unreadable) == {400: 1}
    assert caller.ask(caller.of([1]), "INFO") == {200: 1}
    assert north.of([1])[0].heard["INFO"] == 1
    assert north.of([1])[0].heard["BYE"] == 0


def test_only_a_psap_may(gateway, scene):
    caller, north, _ = scene
    with crowd(gateway, "pbx", "pbx") as pbx:
        assert pbx.call([5], to="e911", headers=replaces(north)) == {403: 1}
    assert caller.ask(caller.of([1]), "INFO") == {200: 1}
    assert north.of([1])[0].heard["INFO"] == 1


def test_who_hangs_up_while_being_replaced_ends_nothing(own_gateway):
    with talking(own_gateway) as (caller, north, south):
        caller.answers = False      # its re-INVITE only rings
        asking = threading.Thread(target=lambda: south.call(
            [7], to="e911", headers=replaces(north)))
        asking.start()
        assert caller.wait_heard([1], "INVITE") == 1
        assert north.ask(north.of([1]), "BYE") == {200: 1}
        assert caller.wait_heard([1], "BYE", timeout=1) == 0
        assert caller.ask(caller.of([1]), "BYE") == {200: 1}
        asking.join(20)


def test_who_takes_over_and_is_mute_is_lost(own_gateway):
    """No ACK, no answer to OPTIONS: the next PSAP is rung."""
    with talking(own_gateway) as (caller, north, south):
        south._acknowledge = lambda dialog, message: None
        south._request_came = lambda message, answer: None
        assert south.call([8], to="e911", headers=replaces(north)) == {200: 1}
        assert north.wait_heard([1], "BYE") == 1

        def recovered():
            return int(own_gateway.kamailio.rpc("e911.stats")[
                "calls_recovered"]) == 1
        wait_until(recovered, "another PSAP has answered", 60)


def test_a_caller_who_hangs_up_meanwhile_leaves_nobody_waiting(own_gateway):
    # Its own gateway: tm waits two minutes for the end of that re-INVITE.
    with talking(own_gateway) as (caller, north, south):
        caller.answers = False      # its re-INVITE only rings
        heard = []
        asking = threading.Thread(target=lambda: heard.append(
            south.call([6], to="e911", headers=replaces(north))))
        asking.start()
        assert caller.wait_heard([1], "INVITE") == 1
        assert north.of([1])[0].heard["BYE"] == 0, "the caller has not agreed"
        assert caller.ask(caller.of([1]), "BYE") == {200: 1}
        asking.join(20)
        assert heard == [{481: 1}]
        assert north.wait_heard([1], "BYE") == 1
