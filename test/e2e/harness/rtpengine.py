# SPDX-License-Identifier: GPL-2.0-or-later
"""rtpengine in userspace, on an address and ports of its own."""
import itertools
import os
import shutil
import socket

from .network import free_port
from .process import Process
from .wait import wait_until


class RtpEngine:
    """Media at 'address' and the others, control at address:port."""

    def __init__(self, name, directory, address, first_port, others=()):
        self.name, self.address, self.others = name, address, others
        self.control = (address, free_port())
        self.media_ports = (first_port, first_port + 999)
        self.log = os.path.join(directory, f"{name}.log")
        self.process = None
        self._cookies = itertools.count(1)

    @property
    def parameter(self):
        """What the module's media_engine is to be."""
        return f"udp:{self.control[0]}:{self.control[1]}"

    def start(self):
        program = shutil.which("rtpengine", path="/usr/sbin:"
                               + os.environ.get("PATH", ""))
        if not program:
            raise RuntimeError("rtpengine is not installed: run "
                               "packaging/install-dependencies --test")
        self.process = Process(
            self.name,
            [program, "--config-file=none", "--table=-1", "--foreground",
             "--log-stderr", "--log-level=6", "--num-threads=2",
             *(f"--interface={a}" for a in (self.address, *self.others)),
             f"--listen-ng={self.control[0]}:{self.control[1]}",
             f"--port-min={self.media_ports[0]}",
             f"--port-max={self.media_ports[1]}"], self.log)
        wait_until(self.is_answering, f"{self.name} answers", 30,
                   [self.process])
        return self

    def is_answering(self):
        try:
            return self.ask("d7:command4:pinge") == "d6:result4:ponge"
        except OSError:
            return False

    def ask(self, dictionary):
        """The answer to a command, as it stands."""
        cookie = f"t{next(self._cookies)} "
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(1)
            asking.connect(self.control)
            asking.send((cookie + dictionary).encode())
            return asking.recv(65536).decode("latin-1")[len(cookie):]

    def sessions(self):
        """How many calls it holds."""
        answer = self.ask("d7:command4:liste")
        return answer.count("36:")

    def kill(self):
        self.process.kill()

    def stop(self):
        if self.process:
            self.process.stop()
