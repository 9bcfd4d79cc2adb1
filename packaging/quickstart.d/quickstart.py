# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts the gateway with its demo town, places calls, tells their stories.

Run by ../quickstart, which installs and builds first.  The machinery is that
of the end-to-end tests: test/e2e/harness.
"""
import argparse
import os
import re
import signal
import socket
import sys
import textwrap
import time
import traceback
import wave

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "e2e"))

from harness import Gateway, Scenario, Sipp, story  # noqa: E402
from harness.network import free_port  # noqa: E402
from harness.rawcaller import RawCaller  # noqa: E402
from harness.scenario import FOLDER  # noqa: E402
from harness.tone import from_ulaw  # noqa: E402


def say(text="", indent=0):
    print(" " * indent + text if text else "", flush=True)


def say_wrapped(text, indent, hanging):
    say(textwrap.fill(text, 92, initial_indent=" " * indent,
                      subsequent_indent=" " * hanging,
                      break_long_words=False, break_on_hyphens=False))


def scenarios():
    """Those that ask for it, in the order that they ask for."""
    found = [Scenario(name) for name in Scenario.all()]
    return sorted((s for s in found if "quickstart" in s.spec),
                  key=lambda s: s.spec["quickstart"])


def what_was_sent(step):
    """What the caller's INVITE said about the caller."""
    invite = next(m for m in step.caller.sent() if m.method == "INVITE")
    say(f"{step.caller.name} at {step.caller.address} sends", 4)
    say(invite.start_line, 8)
    own = {"via", "to", "call-id", "cseq", "contact", "max-forwards",
           "allow", "user-agent", "content-type", "content-length"}
    for name, value in invite.headers:
        if name.lower() not in own:
            say(f"{name}: {value}", 8)


def what_arrived(step):
    """What each of the others saw of the INVITE."""
    for peer in step.peers.values():
        invites = [m for m in peer.received() if m.method == "INVITE"]
        if peer is step.caller or not invites:
            continue
        say(f"{peer.name} at {peer.address} sees", 4)
        for line in story.sip_lines(invites[0]):
            say(line, 8)


def tell(gateway, scenario):
    """The story of a scenario that has been played."""
    for step in scenario.steps:
        if "say" in step.spec:
            say_wrapped(step.spec["say"], 4, 4)
        what_was_sent(step)
        what_arrived(step)
        if step.call is None:
            continue
        say("the database tells", 4)
        for line in story.lines(gateway, step.call):
            say_wrapped(line, 8, 19)


def play(gateway, number, scenario):
    """Play one scenario and tell it; True if all was as it should be."""
    say()
    say(f"{number}. {scenario.title}")
    problem = None
    try:
        scenario.run(gateway, os.path.join(gateway.directory, "calls",
                                           scenario.name))
    except AssertionError as failure:
        problem = failure
    try:
        tell(gateway, scenario)
    except (StopIteration, LookupError, AssertionError):
        pass  # the call did not come so far; the problem says more
    if problem is None:
        say("as it should be", 4)
        return True
    say("NOT as it should be:", 4)
    for line in str(problem).splitlines():
        say(line, 8)
    return False


def call_over_tls(gateway):
    """A platform's call over TLS; the final reply's status, and what was
    agreed on."""
    platform, trunk = gateway.trunks["genesys-cloud"], \
        gateway.trunks["psap-north"]
    psap = Sipp("psap", os.path.join(FOLDER, "sipp", "uas-answer.xml"),
                os.path.join(gateway.directory, "calls", "tls"),
                trunk["host"], trunk["port"]).start()
    caller = RawCaller(platform["host"], 0,
                       (gateway.address, gateway.tls_port), "tls",
                       gateway.authority.client("gateway"))
    try:
        agreed = (caller.socket.version(), caller.socket.cipher()[0])
        reply = caller.call(caller.invite())
        problem = psap.wait()
        if problem:
            raise AssertionError(problem)
        call = gateway.ended_call(caller.call_id)
        return reply.status, agreed, call
    finally:
        caller.close()
        psap.stop()


def play_over_tls(gateway, number):
    """The same as play(), with a caller that speaks TLS."""
    say()
    say(f"{number}. A call over TLS, from a platform that shows no "
        "certificate")
    try:
        status, agreed, call = call_over_tls(gateway)
    except (AssertionError, OSError) as problem:
        say("NOT as it should be:", 4)
        say(str(problem), 8)
        return False
    say(f"the gateway's certificate is of {gateway.authority.name!r} and has "
        "its name", 4)
    say(f"{agreed[0]}, {agreed[1]}", 8)
    say("the database tells", 4)
    for line in story.lines(gateway, call):
        say_wrapped(line, 8, 19)
    say("as it should be" if status == 200 else
        f"NOT as it should be: {status}", 4)
    return status == 200


KNOWN = "+12065550121"
SILENCE = 0xff
HEARD_S = 60            # a voice that is not through by then is none


def listen(ear):
    """G.711 from the first word until two seconds of silence."""
    said, quiet, until = [], 0, time.monotonic() + HEARD_S
    while quiet < 100:
        if time.monotonic() > until:
            raise AssertionError(f"{len(said)} packets of voice, and no end")
        payload = ear.recv(2048)[12:]
        silent = payload.count(SILENCE) == len(payload)
        quiet = quiet + 1 if silent and said else 0
        if said or not silent:
            said.append(payload)
    return b"".join(said[:-quiet])


def write_wave(path, voice):
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"".join(
            from_ulaw(b).to_bytes(2, "little", signed=True) for b in voice))


def call_933(gateway, recording):
    """A telephone without SRTP dials 933: how many seconds it is told."""
    trunk = gateway.trunks["genesys-cloud"]
    caller = RawCaller(trunk["host"], 0, (gateway.address, gateway.port))
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ear.bind((caller.address, 0))
        ear.settimeout(HEARD_S)
        caller.send(caller.invite(
            start=f"INVITE sip:933@{caller.at} SIP/2.0",
            From=f"<sip:{KNOWN}@{caller.host}>;tag=raw{caller.mark}",
            body=f"v=0\r\no=- 1 1 IN IP4 {caller.address}\r\ns=-\r\n"
                 f"c=IN IP4 {caller.address}\r\nt=0 0\r\n"
                 f"m=audio {ear.getsockname()[1]} RTP/AVP 0\r\n"))
        reply = caller.final()
        if reply.status != 200:
            raise AssertionError(f"933 was answered {reply.status}")
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        names = {n: reply.header(n) for n in ("From", "To")}
        caller.send(caller.request("ACK", start=f"ACK {contact} SIP/2.0",
                                   **names))
        voice = listen(ear)
        write_wave(recording, voice)
        caller.send(caller.request("BYE", start=f"BYE {contact} SIP/2.0",
                                   CSeq="2 BYE", **names))
        return len(voice) / 8000, gateway.ended_call(caller.call_id)
    finally:
        ear.close()
        caller.close()


def play_933(gateway, number):
    """The same as play(), with a caller who listens."""
    recording = os.path.join(gateway.directory, "933.wav")
    say()
    say(f"{number}. 933: a voice tells the caller who and where they are")
    try:
        seconds, call = call_933(gateway, recording)
    except (AssertionError, OSError) as problem:
        say("NOT as it should be:", 4)
        say(str(problem), 8)
        return False
    say(f"{seconds:.0f} s were heard", 4)
    say("the database tells", 4)
    for line in story.lines(gateway, call):
        say_wrapped(line, 8, 19)
    good = seconds >= 10
    say("as it should be" if good else "NOT as it should be: too brief", 4)
    return good


def with_agent(gateway):
    """933 is answered; where the agent listens."""
    agent = f"{gateway.block.address(40)}:{free_port()}"
    gateway.sidecar.settings.update(agent_listen=agent,
                                    agent_media_port=42000)
    gateway.kamailio.modparams.append(
        ("e911", "test_agent", f"sip:933@{agent}"))


def explain(gateway):
    """What a person can try while all is running."""
    trunk = gateway.trunks["genesys-cloud"]
    psap = gateway.trunks["psap-north"]
    played = os.path.join(gateway.directory, "calls", scenarios()[0].name,
                          "step1")
    say()
    say("All is up.  What you can try:")
    say()
    say(f"the gateway       sip:911@{gateway.address}:{gateway.port}"
        "  (UDP and TCP; loopback of this machine)", 2)
    say(f"over TLS          openssl s_client -connect {gateway.address}:"
        f"{gateway.tls_port} -verify_return_error"
        f" -CAfile {gateway.authority.path('ca.pem')}", 2)
    say(f"a test call       sip:933@{gateway.address}:{gateway.port}"
        "  (a voice reads back who calls and where)", 2)
    say("who may call      any trunk of e911.trunk, told by its address", 2)
    say(f"the calls         {gateway.postgres.psql_command()} -c "
        "'TABLE e911.call_story'", 2)
    say(f"what is wrong     {gateway.postgres.psql_command()} -c "
        "'TABLE e911.unprovisioned'", 2)
    say("areas of PSAPs    " + os.path.join(gateway.build, "sidecar", "e911ctl")
        + " import boundaries "
        + os.path.join(TOP, "sql", "demo-areas.geojson")
        + f" --postgres '{gateway.postgres.conninfo()}'", 2)
    say("what 933 said     aplay "
        + os.path.join(gateway.directory, "933.wav"), 2)
    say(f"calls going on    {gateway.kamailio.kamcmd_command()} e911.calls",
        2)
    say(f"numbers lent      {gateway.kamailio.kamcmd_command()} e911.elins",
        2)
    say(f"logs              {gateway.kamailio.log}", 2)
    say(f"                  {gateway.sidecar.log}", 2)
    say()
    say("A call by hand, in two terminals: a PSAP, and a caller at extension "
        "4102.", 2)
    say(f"sipp -sf {played}/psap.xml -i {psap['host']}"
        f" -p {psap['port']} -bind_local", 4)
    say(f"sipp -sf {played}/caller.xml -i {trunk['host']}"
        f" -p {trunk['port']} -bind_local -m 1 \\", 4)
    say(f"     -key ruri sip:911@{gateway.address}:{gateway.port}"
        f" -key from '<sip:4102@{trunk['host']}>' \\", 4)
    say(f"     -key headers '' {gateway.address}:{gateway.port}", 4)
    say()
    say("Ctrl-C ends all of it.")


def wait_for_the_end(gateway):
    """Until Ctrl-C; True.  False when a part of the gateway has ended."""
    while True:
        for part in gateway.services():
            if part.status() is not None:
                say(f"{part.name} has ended; its log: {part.log}")
                gateway.keep = True
                return False
        if signal.sigtimedwait({signal.SIGINT, signal.SIGTERM,
                                signal.SIGHUP}, 1):
            return True


def run(options):
    gateway = Gateway(options.build, keep=options.keep, tls=True)
    with_agent(gateway)
    say(f"starting PostgreSQL, e911d and Kamailio in {gateway.directory}")
    with gateway:
        results = [play(gateway, number, scenario)
                   for number, scenario in enumerate(scenarios(), 1)]
        results.append(play_over_tls(gateway, len(results) + 1))
        results.append(play_933(gateway, len(results) + 1))
        good = all(results)
        say()
        say(f"{sum(results)} of {len(results)} calls did what they should")
        if not good:
            gateway.keep = True
        if not options.once:
            signal.pthread_sigmask(signal.SIG_BLOCK,
                                   {signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP})
            explain(gateway)
            good = wait_for_the_end(gateway) and good
            say()
            say("ending")
    if gateway.keep:
        say(f"logs are kept in {gateway.directory}")
    return good


def interrupted(number, _):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    parser = argparse.ArgumentParser(prog="quickstart")
    parser.add_argument("--build", required=True)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        return 0 if run(options) else 1
    except KeyboardInterrupt:
        say("interrupted: all that was started has been ended")
        return 130
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    sys.exit(main())
