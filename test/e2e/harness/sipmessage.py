# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP messages as sipp wrote them down."""
import re

COMPACT = {"i": "call-id", "f": "from", "t": "to", "v": "via",
           "m": "contact", "l": "content-length", "c": "content-type",
           "s": "subject", "k": "supported"}


class Message:
    """One message that a peer sent or received."""

    def __init__(self, received, text, at=""):
        self.received = received
        self.text = text
        self.at = at
        head, _, self.body = text.partition("\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.start_line = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                self.headers.append((name.strip(), value.strip()))
        status = re.match(r"SIP/2\.0 (\d{3})", self.start_line)
        self.status = int(status.group(1)) if status else None
        self.method = None if status else self.start_line.split(" ")[0]

    @property
    def kind(self):
        """'INVITE', 'BYE', ... or '180', '200'."""
        return self.method or str(self.status)

    @property
    def cseq_method(self):
        return self.header("CSeq").split()[-1]

    @property
    def request_uri(self):
        return self.start_line.split(" ")[1] if self.method else None

    def all(self, name):
        """Values of a header, in order, under its compact name too."""
        want = name.lower()
        return [v for n, v in self.headers
                if COMPACT.get(n.lower(), n.lower()) == want]

    def header(self, name):
        """The first value of a header, or ''."""
        return next(iter(self.all(name)), "")

    def has(self, name):
        return bool(self.all(name))

    @property
    def call_id(self):
        return self.header("Call-ID")

    @property
    def tags(self):
        """From and To tags."""
        found = [re.search(r";\s*tag=([^;\s>]+)", self.header(name))
                 for name in ("From", "To")]
        return {m.group(1) for m in found if m}

    @property
    def branches(self):
        """Branch of each Via."""
        return set(re.findall(r"branch=([^;,\s]+)",
                              ", ".join(self.all("Via"))))

    def __repr__(self):
        way = "<" if self.received else ">"
        return f"<{way} {self.start_line}>"


SEPARATOR = re.compile(
    rb"^-{20,} (\d{4}-\d\d-\d\d[ T\t]\d\d:\d\d:\d\d\.\d+)[^\n]*\n"
    rb"(?:UDP|TCP|TLS)[^\n]* (sent|received)[^\n]*?\[?(\d+)\]? ?bytes?[^\n]*\n\n",
    re.M)


def parse_trace(data):
    """The messages of a sipp -trace_msg file, in order.

    The length in the separator is believed, so that a body may hold
    anything; a message still being written is left out.
    """
    messages = []
    for match in SEPARATOR.finditer(data):
        start, size = match.end(), int(match.group(3))
        text = data[start:start + size]
        if len(text) < size:
            break
        messages.append(Message(match.group(2) == b"received",
                                text.decode("utf-8", "replace"),
                                match.group(1).decode()))
    return messages
