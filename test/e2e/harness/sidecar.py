# SPDX-License-Identifier: GPL-2.0-or-later
"""e911d with a configuration file of its own."""
import os

from .process import Process, service_user


class Sidecar:
    def __init__(self, program, directory, state_dir, wake_socket, conninfo,
                 node):
        self.program = program
        self.directory = directory
        self.config = os.path.join(directory, "e911d.conf")
        self.log = os.path.join(directory, "e911d.log")
        self.settings = {
            "postgres": conninfo,
            "state_dir": state_dir,
            "wake_socket": wake_socket,
            "locate_socket": os.path.join(os.path.dirname(wake_socket),
                                          "locate.sock"),
            "node": node,
            "log_level": "debug",
        }
        self.process = None

    def write_config(self):
        with open(self.config, "w", encoding="utf-8") as out:
            for name, value in self.settings.items():
                out.write(f"{name} = {value}\n")

    def start(self):
        self.write_config()
        self.process = Process("e911d", [self.program, "-c", self.config],
                               self.log, user=service_user("kamailio"),
                               cwd=self.directory)

    def stop(self):
        status = self.process.stop() if self.process else None
        self.process = None
        return status

    def kill(self):
        if self.process:
            self.process.kill()
        self.process = None
