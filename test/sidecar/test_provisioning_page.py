# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/PROVISIONING.md, BOUNDARIES.md: what they show is what happens."""
import os
import re
import shlex
import subprocess

import pytest

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


def blocks(name):
    """("file", name, text) and ("console", "", text), in their order."""
    with open(os.path.join(TOP, "docs", name), encoding="utf-8") as page:
        text = page.read()
    found = re.findall(
        r"(?:^`([^`\n]+)`\n\n)?```(csv|geojson|console)\n(.*?)```\n", text,
        re.MULTILINE | re.DOTALL)
    return [("console" if kind == "console" else "file", name, body)
            for name, kind, body in found]


@pytest.mark.parametrize("page, count", [("PROVISIONING.md", 21),
                                         ("BOUNDARIES.md", 4)])
def test_the_page_is_true(request, postgres, tmp_path, page, count):
    build = os.path.realpath(request.config.getoption("--build"))
    program = os.path.join(build, "sidecar", "e911ctl")
    environment = dict(os.environ, PGHOST=postgres.directory,
                       PGUSER="postgres", PGDATABASE="e911",
                       PGOPTIONS="-c role=e911_operator")
    commands = 0
    for kind, name, body in blocks(page):
        if kind == "file":
            assert name, body
            (tmp_path / name).write_text(body, encoding="utf-8")
            continue
        said = ""
        for line in body.splitlines():
            if not line.startswith("$ "):
                continue
            words = shlex.split(line[2:])
            assert words[0] == "e911ctl"
            done = subprocess.run(
                [program, *words[1:]], cwd=tmp_path, env=environment,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                timeout=60, check=False)
            notes = [s for s in done.stderr.splitlines(True)
                     if s.startswith("note: ")]
            errors = [s for s in done.stderr.splitlines(True)
                      if not s.startswith("note: ")]
            said += (line + "\n" + "".join(notes) + done.stdout
                     + "".join(errors)).replace("\r\n", "\n")
            if done.returncode:
                said += f"[status {done.returncode}]\n"
            commands += 1
        assert said == body
    assert commands == count
