# SPDX-License-Identifier: GPL-2.0-or-later
"""One e911d with its files, and what can be seen of it from outside."""
import os
import shutil
import subprocess
import time

from harness.process import Process
from harness.wait import TimedOut, wait_until

JOURNAL_ID = "00112233445566778899aabbccddeeff"


class E911d:
    def __init__(self, build, directory, conninfo, user=None):
        self.bin = os.path.join(build, "sidecar")
        self.directory = directory
        self.state = os.path.join(directory, "state")
        os.mkdir(self.state)
        self.current = os.path.join(self.state, "directory", "current")
        self.journal = os.path.join(self.state, "journal")
        self.outbox = os.path.join(self.state, "outbox")
        self.refused = os.path.join(self.state, "refused-events.jsonl")
        self.wake = os.path.join(directory, "wake.sock")
        self.config = os.path.join(directory, "e911d.conf")
        self.settings = {"postgres": conninfo, "state_dir": self.state,
                         "wake_socket": self.wake, "node": "gw1",
                         "locate_socket": os.path.join(directory,
                                                       "locate.sock"),
                         "log_level": "debug"}
        self.log = os.path.join(directory, "e911d.log")
        self.process = None
        self.user = user  # it runs as; None: as we do
        if user:
            shutil.chown(self.directory, user)
            shutil.chown(self.state, user)

    # ---- the process ----

    def write_config(self, extra=""):
        with open(self.config, "w", encoding="utf-8") as out:
            for name, value in self.settings.items():
                out.write(f"{name} = {value}\n")
            out.write(extra)

    def command(self, *arguments):
        return [os.path.join(self.bin, "e911d"), "-c", self.config,
                *arguments]

    def start(self):
        self.write_config()
        self.process = Process("e911d", self.command(), self.log,
                               cwd=self.directory, user=self.user)
        return self

    def start_and_wait(self):
        """Back when the directory follows the database."""
        before = self.log_text().count("following the database")
        self.start()
        wait_until(lambda: self.log_text().count("following the database")
                   > before, "e911d follows the database", 30,
                   [self.process])
        return self

    def run(self, *arguments):
        """Run it to its end: status and standard error."""
        done = subprocess.run(self.command(*arguments), timeout=20,
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def stop(self):
        """Ask it to end: status and how long that took."""
        began = time.monotonic()
        status = self.process.stop()
        self.process = None
        return status, time.monotonic() - began

    def kill(self):
        if self.process:
            self.process.kill()
        self.process = None

    def log_text(self):
        try:
            with open(self.log, encoding="utf-8", errors="strict") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def wait_log(self, words, times=1, timeout=30):
        wait_until(lambda: self.log_text().count(words) >= times,
                   f"the log says '{words}'", timeout, [self.process])

    # ---- the directory ----

    def dump(self, *options, path=None):
        """What e911-directory-dump says: status and lines."""
        done = subprocess.run(
            [os.path.join(self.bin, "e911-directory-dump"), *options,
             path or self.current],
            capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    def lines(self, begin=""):
        """The records, sorted; without the cursor."""
        status, lines = self.dump("--no-meta")
        assert status == 0, lines
        return sorted(line for line in lines if line.startswith(begin))

    def has(self, line_begin, *words):
        return any(all(word in line for word in words)
                   for line in self.lines(line_begin))

    def wait_lines(self, predicate, what, timeout=30):
        """Seconds until the directory is as predicate(lines) wants it."""
        began = time.monotonic()
        while True:
            status, lines = self.dump("--no-meta")
            took = time.monotonic() - began
            if status == 0 and predicate(lines):
                return took
            if self.process:
                self.process.check_alive()
            if took > timeout:
                raise TimedOut(f"waited {timeout:g} s in vain until {what}; "
                               + "\n".join(lines))

    def generation(self):
        return os.readlink(self.current)

    # ---- the journal ----

    def write_journal(self, *lines, wake=True, journal_id=JOURNAL_ID,
                      readable=True):
        """Append events; the last sequence number."""
        argv = [os.path.join(self.bin, "journal_writer"), self.journal,
                journal_id] + ([self.wake] if wake else [])
        done = subprocess.run(argv, input="\n".join(lines) + "\n",
                              capture_output=True, text=True, check=True)
        names = [os.path.join(self.journal, name)
                 for name in os.listdir(self.journal)]
        for path in [*names, self.journal] if self.user else []:
            os.chmod(path, 0o777 if readable else 0)
        return int(done.stdout.split()[-1])
