# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder of ../scenarios: who calls whom, and what must be seen of it.

scenario.toml, all texts may hold {names} (see Scenario._context):

    title = "one sentence"
    facts = "where the behaviour is described"
    quickstart = 1                   # shown there, in this order
    setup = "SQL before the steps"   # and undo = "SQL after them"
    areas = "sql/x.geojson"          # imported first; undo removes them
    needs = "what is not so usually" # only played by a test that sees to it

    [[step]]                         # steps follow one another
    say = "what happens in this step"
    no_call = true                   # no row in e911.call; "events" are
                                     # those with the caller's Call-ID
    events = ["call.started", ...]   # kinds in e911.call_event, in order

    [[step.peer]]                    # those that listen start first
    name = "psap"
    trunk = "a trunk of sql/demo.sql"
    sipp = "uas-answer"              # a file of scenarios/sipp, or
    talk = "< INVITE ..."            # its words, see harness/talker.py
    silent = true                    # must not receive anything
    endless = true                   # never ends by itself
    transport = "tcp"                # default: its trunk's
    uri = "urn:service:sos"          # callers: the whole Request-URI, or
    user = "911"                     # callers: Request-URI's user part
    from = "\"A\" <sip:1@x>"         # callers: From without tag
    headers = ["Name: value", ...]   # callers: sent in the INVITE
    until = { trunk = "psap-north", state = "down" }
                                     # callers: begins when RPC e911.trunks
                                     # says this
    behind = { at = "psap", message = "OPTIONS" }
                                     # callers: and when that talker has
                                     # received this
    beside = true                    # callers: not the one whose call and
                                     # events are checked
    numbers = { status = 486 }       # other [words] of the sipp file
    hears = ["100", "180", "200"]    # what it receives for its INVITE

    [step.call]                      # columns of Gateway.call(): regexes,
    outcome = "answered"             # which must match the whole; "" is NULL

    [[step.expect]]                  # the first such message a peer received
    at = "psap"
    message = "INVITE"
    has = ["From: .*911"]            # regexes, each found in some line
    not = ["ININAttr"]               # found in none

After the steps: the legs shared nothing, no call is left, every event came.
"""
import contextlib
import os
import re
import tomllib

from .sipp import Sipp
from .talker import Talker
from .wait import wait_until

FOLDER = os.path.realpath(os.path.join(os.path.dirname(__file__),
                                       "..", "scenarios"))


class ScenarioFailed(AssertionError):
    """Something expected was not seen; the text says what."""


def _list(value):
    return value if isinstance(value, list) else [value]


def fill(text, context, literal=False):
    """Replace {name} where the context has it; other braces stay.  'literal':
    text is a regular expression, the values are not."""
    def value(match):
        if match.group(1) not in context:
            return match.group(0)
        found = str(context[match.group(1)])
        return re.escape(found) if literal else found
    return re.sub(r"\{([a-z]\w*)\}", value, text)


class Step:
    """What was seen in one step."""

    def __init__(self, spec):
        self.spec = spec
        self.peers = {}
        self.caller = None
        self.call = None
        self.events = []


class Scenario:
    def __init__(self, name, folder=FOLDER):
        self.name = name
        self.folder = os.path.join(folder, name)
        self.sipp_folder = os.path.join(folder, "sipp")
        with open(os.path.join(self.folder, "scenario.toml"), "rb") as file:
            self.spec = tomllib.load(file)
        self.title = self.spec["title"]
        self.steps = []

    @staticmethod
    def all(folder=FOLDER):
        """Names of all scenarios, in order."""
        return sorted(name for name in os.listdir(folder)
                      if os.path.exists(os.path.join(folder, name,
                                                     "scenario.toml")))

    def run(self, gateway, directory):
        """Play it and check everything; raises ScenarioFailed.  Messages
        stay in 'directory'."""
        with self._provisioned(gateway):
            self.steps = []
            for number, spec in enumerate(self.spec["step"], 1):
                self._run_step(gateway, number, spec, directory)
                self._check_call(gateway, self.steps[-1], number)
        gateway.check_idle()
        return self.steps

    def play(self, gateway, directory):
        """Play it and check the messages only: PostgreSQL or e911d may be
        away.  verify() checks the rest when they are back."""
        self.steps = []
        for number, spec in enumerate(self.spec["step"], 1):
            self._run_step(gateway, number, spec, directory)
        return self.steps

    def verify(self, gateway):
        """After play(): the database tells all that happened."""
        for number, step in enumerate(self.steps, 1):
            self._check_call(gateway, step, number)

    @contextlib.contextmanager
    def _provisioned(self, gateway):
        try:
            if "areas" in self.spec:
                gateway.import_areas(self.spec["areas"])
            if "setup" in self.spec:
                gateway.provision(self.spec["setup"])
            if "areas" in self.spec:
                gateway.wait_resolved()
            yield
        finally:
            if "undo" in self.spec:
                gateway.provision(self.spec["undo"])

    def _run_step(self, gateway, number, spec, directory):
        step = Step(spec)
        self.steps.append(step)
        try:
            self._play(gateway, step, os.path.join(directory,
                                                   f"step{number}"))
            self._check_peers(gateway, step)
        except AssertionError as problem:
            raise ScenarioFailed(
                f"{self.name}, step {number}: {problem}") from problem
        finally:
            for peer in step.peers.values():
                peer.stop()

    def _context(self, gateway):
        """Names for the texts: the gateway, and the steps before."""
        names = {"gateway": gateway.address, "port": gateway.port,
                 "net": gateway.block.net}
        for number, step in enumerate(self.steps, 1):
            for column, value in (step.call or {}).items():
                names[f"step{number}_{column}"] = value
        return names

    def _play(self, gateway, step, directory):
        context = self._context(gateway)
        callers = []           # (spec, peer)
        for spec in step.spec["peer"]:
            peer = self._peer(gateway, spec, directory, context)
            step.peers[peer.name] = peer
            if peer.caller:
                callers.append((spec, peer))
        for peer in step.peers.values():
            if not peer.caller:
                peer.start()
        for spec, peer in callers:
            if "behind" in spec:
                self._wait_heard(gateway, step, **spec["behind"])
            if "until" in spec:
                self._wait_trunk(gateway, dict(spec["until"]))
            peer.start()
        step.caller = next((peer for spec, peer in callers
                            if not spec.get("beside")), None)
        self._wait(step)

    @staticmethod
    def _wait_trunk(gateway, wanted):
        name = wanted.pop("trunk")

        def so():
            return any(row["name"] == name and
                       all(str(row[key]) == value
                           for key, value in wanted.items())
                       for row in gateway.kamailio.rpc("e911.trunks"))
        wait_until(so, f"trunk {name} is {wanted}", 30, gateway.services())

    @staticmethod
    def _wait_heard(gateway, step, at, message):
        wait_until(lambda: any(m.kind == message
                               for m in step.peers[at].received()),
                   f"{at} receives {message}", 30, gateway.services())

    @staticmethod
    def _wait(step):
        problems = []
        for spec in step.spec["peer"]:
            peer = step.peers[spec["name"]]
            if spec.get("silent") or spec.get("endless"):
                continue
            problem = peer.wait()
            if problem:
                problems.append(problem)
        if problems:
            raise ScenarioFailed("; ".join(problems))

    def _peer(self, gateway, spec, directory, context):
        trunk = gateway.trunks[spec["trunk"]]
        transport = spec.get("transport", trunk["transport"])
        caller = "from" in spec
        keys = {}
        if caller:
            user = fill(spec.get("user", "911"), context)
            keys["ruri"] = fill(spec.get(
                "uri", f"sip:{user}@{gateway.address}:{gateway.port}"),
                context)
            keys["from"] = fill(spec["from"],
                                {**context, "host": trunk["host"]})
            if "talk" in spec:
                keys["headers"] = [fill(line, context)
                                   for line in spec.get("headers", [])]
                return Talker(spec["name"], spec["talk"], trunk["host"],
                              trunk["port"], (gateway.address, gateway.port),
                              keys)
            # In front of another header's end: may be empty.
            keys["headers"] = "".join(
                "\r\n" + fill(line, context)
                for line in spec.get("headers", []))
        if "talk" in spec:
            return Talker(spec["name"], spec["talk"], trunk["host"],
                          trunk["port"])
        return Sipp(spec["name"],
                    os.path.join(self.sipp_folder, spec["sipp"] + ".xml"),
                    directory, trunk["host"], trunk["port"], transport,
                    remote=(gateway.address, gateway.port) if caller
                    else None, keys=keys,
                    numbers=spec.get("numbers"))

    # ---- what must have been seen ----

    def _check_peers(self, gateway, step):
        for spec in step.spec["peer"]:
            peer = step.peers[spec["name"]]
            if spec.get("silent") and peer.received():
                raise ScenarioFailed(f"{peer.name} should hear nothing, "
                                     f"but received {peer.received()}")
            if "hears" in spec:
                self._check_hears(peer, spec["hears"])
        self._check_messages(step, self._context(gateway))
        self._check_legs(step)

    @staticmethod
    def _check_hears(peer, wanted):
        """Replies to its INVITE, repeated ones once."""
        heard = []
        for message in peer.received():
            if message.status and message.cseq_method == "INVITE" \
                    and (not heard or heard[-1] != message.kind):
                heard.append(message.kind)
        if heard != wanted:
            raise ScenarioFailed(f"{peer.name} heard {heard}, not {wanted}")

    @staticmethod
    def _check_messages(step, context):
        for expect in step.spec.get("expect", []):
            peer = step.peers[expect["at"]]
            message = next((m for m in peer.received()
                            if m.kind == str(expect["message"])), None)
            if message is None:
                raise ScenarioFailed(
                    f"{peer.name} received no {expect['message']}")
            lines = [message.start_line] + [
                f"{n}: {v}" for n, v in message.headers] \
                + message.body.splitlines()
            for pattern in _list(expect.get("has", [])):
                pattern = fill(pattern, context, True)
                if not any(re.search(pattern, line) for line in lines):
                    raise ScenarioFailed(
                        f"{peer.name}'s {message.kind} has no line "
                        f"'{pattern}':\n{message.text}")
            for pattern in _list(expect.get("not", [])):
                pattern = fill(pattern, context, True)
                if any(re.search(pattern, line, re.I) for line in lines):
                    raise ScenarioFailed(
                        f"{peer.name}'s {message.kind} has a line "
                        f"'{pattern}':\n{message.text}")

    @staticmethod
    def _check_legs(step):
        """The caller's dialog and the others' have nothing in common."""
        if step.caller is None:
            return
        def marks(messages):
            return (set().union(*(m.tags for m in messages)),
                    set().union(*(m.branches for m in messages)),
                    {m.call_id for m in messages})
        ours = marks(step.caller.messages() or [])
        for peer in step.peers.values():
            if peer is step.caller:
                continue
            for name, a, b in zip(("tags", "Via branches", "Call-IDs"),
                                  ours, marks(peer.messages())):
                if a & b:
                    raise ScenarioFailed(
                        f"{step.caller.name} and {peer.name} share "
                        f"{name}: {a & b}")

    def _check_call(self, gateway, step, number):
        try:
            if step.caller and not step.spec.get("no_call"):
                step.call = gateway.ended_call(step.caller.call_id)
                self._check_row(gateway, step)
            if step.caller:
                self._check_events(gateway, step)
        except AssertionError as problem:
            raise ScenarioFailed(
                f"{self.name}, step {number}: {problem}") from problem

    def _check_row(self, gateway, step):
        for column, pattern in step.spec.get("call", {}).items():
            pattern = fill(pattern, self._context(gateway), True)
            value = step.call[column]
            text = "" if value is None else str(value)
            if not re.fullmatch(pattern, text):
                raise ScenarioFailed(f"e911.call.{column} is '{text}', "
                                     f"not '{pattern}'")

    @staticmethod
    def _check_events(gateway, step):
        wanted = step.spec.get("events")

        def events():
            step.events = gateway.events(step.call["call_id"]) if step.call \
                else gateway.events_of(step.caller.call_id)
            return [e["kind"] for e in step.events]
        if wanted is None:
            events()
            return
        wait_until(lambda: len(events()) >= len(wanted),
                   f"SQL has the events {wanted}", 30)
        if events() != wanted:
            raise ScenarioFailed(f"events are {events()}, not {wanted}")

