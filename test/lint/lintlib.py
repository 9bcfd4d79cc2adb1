# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks share: the files of the project, C without its comments."""
import os
import re
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


def tracked():
    """Paths of all files of the project, tracked or about to be."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard",
         "-z"], cwd=TOP, check=True, capture_output=True).stdout
    return sorted(name for name in names.decode().split("\0")
                  if name and os.path.isfile(os.path.join(TOP, name)))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8",
              errors="replace") as text:
        return text.read()


def sources(*suffixes, under=("modules/", "sidecar/", "test/")):
    return [p for p in tracked()
            if p.endswith(suffixes) and p.startswith(tuple(under))]


def shebang(path):
    """The interpreter's line, or ''."""
    with open(os.path.join(TOP, path), "rb") as file:
        line = file.readline(200)
    return line.decode("utf-8", "replace") if line.startswith(b"#!") else ""


def without_comments(text, strings=False):
    """C text with comments, and strings if asked, blanked; lines stay."""
    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + found[0] if strings else found
        return re.sub(r"[^\n]", " ", found)
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\""
                  r"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


class Report:
    """Prints ok and not ok lines; done() gives the exit status."""

    def __init__(self):
        self.failed = 0

    def result(self, what, problems):
        """One line for 'what'; a failure lists its problems."""
        problems = list(problems)
        if problems:
            self.failed += 1
            print(f"not ok - {what}: " + "; ".join(problems[:8])
                  + (f"; and {len(problems) - 8} more"
                     if len(problems) > 8 else ""))
        else:
            print(f"ok - {what}")

    def done(self):
        sys.exit(1 if self.failed else 0)
