# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/PROVISIONING.md: its files and commands do what it says."""
import os
import re
import shlex
import subprocess

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PAGE = os.path.join(TOP, "docs", "PROVISIONING.md")


def blocks():
    """("file", name, text) and ("console", "", text), in their order."""
    with open(PAGE, encoding="utf-8") as page:
        text = page.read()
    found = re.findall(
        r"(?:^`([^`\n]+)`\n\n)?```(csv|console)\n(.*?)```\n", text,
        re.MULTILINE | re.DOTALL)
    return [("file" if kind == "csv" else "console", name, body)
            for name, kind, body in found]


def test_the_page_is_true(request, postgres, tmp_path):
    build = os.path.realpath(request.config.getoption("--build"))
    program = os.path.join(build, "sidecar", "e911ctl")
    environment = dict(os.environ, PGHOST=postgres.directory,
                       PGUSER="postgres", PGDATABASE="e911",
                       PGOPTIONS="-c role=e911_operator")
    commands = 0
    for kind, name, body in blocks():
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
    assert commands == 14
