# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl as an operator runs it."""
import json
import os
import subprocess


class Ctl:
    """'common' are options of every call."""

    def __init__(self, build, *common):
        self.program = os.path.join(build, "sidecar", "e911ctl")
        self.common = common

    def run(self, *arguments, stdin=None, env=None):
        """Status, standard output, standard error."""
        done = subprocess.run(
            [self.program, *arguments, *self.common], timeout=120,
            capture_output=True, text=True, check=False, input=stdin,
            env={**os.environ, **(env or {})})
        assert done.returncode in (0, 1, 2, 3), (done.returncode,
                                                 done.stderr)
        # Why it could not is said.
        assert done.stderr or done.returncode != 3
        return done.returncode, done.stdout, done.stderr

    def json(self, *arguments, **how):
        """Status and what --json says."""
        status, out, err = self.run(*arguments, "--json", **how)
        assert status != 3, err
        return status, json.loads(out)

    def bytes(self, *arguments):
        """What it writes, when it does what it should."""
        return subprocess.run([self.program, *arguments, *self.common],
                              timeout=120, check=True,
                              stdout=subprocess.PIPE).stdout

    def into(self, file, *arguments):
        """Status and standard error, with another standard output."""
        done = subprocess.run([self.program, *arguments, *self.common],
                              timeout=120, check=False, stdout=file,
                              stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stderr
