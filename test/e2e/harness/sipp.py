# SPDX-License-Identifier: GPL-2.0-or-later
"""One SIP peer played by sipp, and the messages that it saw."""
import os
import re
import shutil

from .network import is_bound
from .process import Process
from .sipmessage import parse_trace
from .wait import wait_until

TRANSPORTS = {"udp": "u1", "tcp": "t1"}


class Sipp:
    """A peer at 'address', playing scenario file 'xml' for one call.

    'remote' is where a caller sends to; without it the peer waits for a call.
    'keys' fill [words] of the scenario file with any text, 'numbers' those
    that sipp reads at its start (a status to send, a pause).
    """

    def __init__(self, name, xml, directory, address, port, transport="udp",
                 remote=None, keys=None, numbers=None, timeout=40):
        self.name = name
        self.caller = remote is not None
        self.address, self.port, self.transport = address, port, transport
        os.makedirs(directory, exist_ok=True)
        self.trace = os.path.join(directory, f"{name}.messages")
        self.errors = os.path.join(directory, f"{name}.errors")
        sipp = shutil.which("sipp")
        if not sipp:
            raise RuntimeError("sipp is not installed: "
                               "run packaging/install-dependencies")
        played = os.path.join(directory, f"{name}.xml")
        with open(xml, encoding="utf-8") as original:
            text = original.read()
        # A 200 right behind the 180 may overtake it in the gateway's workers.
        for word, value in {"talk": 200, "ring": 100,
                            **(numbers or {})}.items():
            text = text.replace(f"[{word}]", str(value))
        with open(played, "w", encoding="utf-8") as copy:
            copy.write(text)
        self.argv = [sipp]
        if remote:
            self.argv.append(f"{remote[0]}:{remote[1]}")
        self.argv += ["-sf", played, "-i", address, "-p", str(port),
                      "-bind_local", "-t", TRANSPORTS[transport], "-m", "1",
                      "-nostdin", "-cid_str", f"%u-{name}-%p@%s",
                      "-trace_msg", "-message_file", self.trace,
                      "-trace_err", "-error_file", self.errors,
                      "-timeout", str(timeout), "-timeout_error"]
        for key, value in (keys or {}).items():
            self.argv += ["-key", key, str(value)]
        self.log = os.path.join(directory, f"{name}.log")
        self.cwd = directory
        self.process = None

    def start(self):
        self.process = Process(f"sipp {self.name}", self.argv, self.log,
                               cwd=self.cwd)
        if not self.caller:
            wait_until(lambda: is_bound(self.transport, self.address,
                                        self.port),
                       f"{self.name} listens", 30, [self.process])
        return self

    def messages(self):
        """What it sent and received until now."""
        try:
            with open(self.trace, "rb") as data:
                found = parse_trace(data.read())
        except FileNotFoundError:
            return []
        if self.transport == "tcp":
            # sipp writes a TCP reply before the request it answers when both
            # come in one turn; the time stamps are right.
            found.sort(key=lambda message: message.at)
        return found

    def received(self):
        return [m for m in self.messages() if m.received]

    def sent(self):
        return [m for m in self.messages() if not m.received]

    def wait_for(self, kind, timeout=30):
        """The first message of this kind ('INVITE', '180') received."""
        return wait_until(
            lambda: next((m for m in self.received() if m.kind == kind),
                         None),
            f"{self.name} receives {kind}", timeout)

    @property
    def call_id(self):
        """Call-ID of its first message."""
        messages = self.messages()
        return messages[0].call_id if messages else None

    def wait(self, timeout=45):
        """Wait for the end of its call; what went wrong, or None."""
        status = self.process.wait(timeout)
        return self.explain(status)

    def explain(self, status):
        if status == 0:
            return None
        text = ""
        if os.path.exists(self.errors):
            with open(self.errors, encoding="utf-8",
                      errors="replace") as errors:
                text = errors.read()
        else:
            text = self.process.log_text()
        text = re.sub(r"\s+", " ", text).strip()[:600]
        seen = " ".join(("<" if m.received else ">") + m.kind
                        for m in self.messages())
        return f"{self.name} (sipp status {status}) saw [{seen}]: {text}"

    def stop(self):
        if self.process is not None:
            self.process.kill()
