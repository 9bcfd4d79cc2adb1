# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives test/sidecar/notice_sender.c: e911d's sender alone."""
import collections
import os
import queue
import subprocess
import threading
import uuid

Result = collections.namedtuple("Result", "outcome status after_ms why")

DEFAULTS = {"event": "emergency_call", "language": "en",
            "subject": "911 call", "text": "A 911 call was made.\n",
            "json": '{"event":"emergency_call"}'}


class Notices:
    """with Notices(build, directory, smtp_url="...") as n: n.send(...)"""

    def __init__(self, build, directory, **settings):
        self.config = os.path.join(directory, "sender.conf")
        self.log = os.path.join(directory, "sender.log")
        self.settings = {"postgres": "host=none", "log_level": "debug",
                         "notify_timeout_ms": 10000, **settings}
        self.program = os.path.join(build, "sidecar", "notice_sender")
        self.results = {}
        self.process, self._lines = None, queue.Queue()

    def __enter__(self):
        with open(self.config, "w", encoding="utf-8") as out:
            for name, value in self.settings.items():
                out.write(f'{name} = "{value}"\n'.replace(
                    '"', "" if isinstance(value, int) else '"'))
        with open(self.log, "wb") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                [self.program, self.config], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log)
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        try:
            status = self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        if kind is None:
            assert status == 0, self.log_text()[-2000:]

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.decode())
        self._lines.put(None)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="strict") as text:
            return text.read()

    def submit(self, **members):
        """Its id; bytes are taken as they are."""
        one = {"id": uuid.uuid4().bytes, **DEFAULTS, **members}
        line = " ".join(
            name + "=" + (v if isinstance(v, bytes) else v.encode()).hex()
            for name, v in one.items())
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return one["id"].hex()

    def wait(self, *ids, timeout=20):
        """Results of these, in their order."""
        while any(one not in self.results for one in ids):
            line = self._lines.get(timeout=timeout)
            assert line is not None, self.log_text()[-2000:]
            words = line.rstrip("\n").split(" ", 4)
            assert words[0] not in self.results, "told twice"
            self.results[words[0]] = Result(words[1], int(words[2]),
                                            int(words[3]), words[4])
        return [self.results[one] for one in ids]

    def send_all(self, notices, at_once=64):
        """Results of many, none of which waits long for its turn."""
        ids = []
        for one in notices:
            if len(ids) >= at_once:
                self.wait(ids[-at_once], timeout=30)
            ids.append(self.submit(**one))
        return self.wait(*ids, timeout=30)

    def send(self, **members):
        return self.wait(self.submit(**members))[0]
