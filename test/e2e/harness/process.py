# SPDX-License-Identifier: GPL-2.0-or-later
"""Children of this process: started with a log, ended by their number."""
import os
import shutil
import signal
import subprocess

from .wait import wait_until


class ProcessDied(AssertionError):
    """A process that should be running has ended."""


def service_user(name):
    """The user that a service runs as: 'name' if we are root, else None."""
    return name if os.geteuid() == 0 else None


class Process:
    """One child; it gets 'death_signal' also when this process is killed."""

    def __init__(self, name, argv, log, user=None, cwd=None, env=None,
                 death_signal=signal.SIGTERM, capability=None):
        self.name = name
        self.log = log
        self.death_signal = death_signal
        wrap = [shutil.which("setpriv"), "--pdeathsig",
                signal.Signals(death_signal).name.removeprefix("SIG")]
        if user:
            wrap += ["--reuid", user, "--regid", user, "--init-groups"]
        # As systemd's AmbientCapabilities=.
        if user and capability:
            wrap += ["--inh-caps", f"+{capability}",
                     "--ambient-caps", f"+{capability}"]
        with open(log, "ab") as out:
            # A session of its own: a Ctrl-C in the terminal is ours alone.
            self.popen = subprocess.Popen(
                wrap + ["--"] + [str(a) for a in argv],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=cwd, env=env, start_new_session=True)

    @property
    def pid(self):
        return self.popen.pid

    def status(self):
        """Exit status, or None while it runs."""
        return self.popen.poll()

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as text:
            return text.read()

    def check_alive(self):
        if self.status() is not None:
            tail = "\n".join(self.log_text().splitlines()[-30:])
            raise ProcessDied(f"{self.name} ended with status "
                              f"{self.status()}; its last words:\n{tail}")

    def wait(self, timeout, what="it ends"):
        wait_until(lambda: self.status() is not None,
                   f"{self.name}: {what}", timeout)
        return self.status()

    def signal(self, number):
        if self.status() is None:
            self.popen.send_signal(number)

    def stop(self, number=None, timeout=15):
        """End it; without grace when it does not go in time."""
        if self.status() is None:
            self.signal(number or self.death_signal)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.status()

    def kill(self):
        """SIGKILL to it and to what it has forked (its own session)."""
        if self.status() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.popen.wait()
