# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads Prometheus' text format 0.0.4, strictly: what its documentation does
not allow is an AssertionError."""
import http.client
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def parse(text):
    """{name: (type, help, {((label, value), ...): number})}"""
    assert text.endswith("\n")
    families, helps, last = {}, {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and name not in helps, line
            assert words and "\r" not in words
            helps[name], last = words, None
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name in helps and name not in families, line
            assert kind in ("counter", "gauge"), line
            families[name], last = (kind, helps[name], {}), name
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, number = match.groups()
            # Its lines stand together, behind HELP and TYPE.
            assert name == last, line
            key = tuple(tuple(label.split("=", 1)) for label in
                        re.findall(LABEL, labels or ""))
            assert key not in families[name][2], line
            families[name][2][key] = float(number)
    assert set(helps) == set(families)
    assert all(samples for _, _, samples in families.values())
    return families


class Target:
    """Who is asked."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port = host, port

    def get(self, path, method="GET"):
        """Status, content type, text."""
        connection = http.client.HTTPConnection(self.host, self.port,
                                                timeout=20)
        connection.request(method, path)
        reply = connection.getresponse()
        body = reply.read().decode()
        connection.close()
        return reply.status, reply.getheader("Content-Type"), body

    def families(self):
        status, kind, text = self.get("/metrics")
        assert status == 200 and kind == CONTENT_TYPE, (status, kind)
        return parse(text)

    def value(self, name, families=None):
        """Of a family without labels; None: there is none."""
        families = families or self.families()
        return families[name][2][()] if name in families else None
