# SPDX-License-Identifier: GPL-2.0-or-later
"""A caller that sends any bytes: what sipp would not let through."""
import re
import socket
import uuid

from .rawpsap import sdp_at
from .sipmessage import Message

SDP = ("v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\n"
       "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\n")


class RawCaller:
    """At address:port; talks to remote = (address, port).  With 'context',
    over TLS; 'session' is one to be resumed."""

    def __init__(self, address, port, remote, transport="udp", context=None,
                 session=None):
        self.address, self.port, self.remote = address, port, remote
        self.transport = transport.upper()
        kind = (socket.SOCK_DGRAM if transport == "udp"
                else socket.SOCK_STREAM)
        self.socket = socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]   # 0: any
        self.socket.settimeout(30)
        self.socket.connect(remote)
        if context:
            name = remote[0] if context.check_hostname else None
            self.socket = context.wrap_socket(
                self.socket, server_hostname=name, session=session)
        self.host, self.at = [f"[{a}]" if ":" in a else a
                              for a in (address, remote[0])]
        self.at += f":{remote[1]}"
        # id() comes back, and tm remembers branches.
        self.mark = uuid.uuid4().hex[:12]
        self.call_id = f"raw-{self.mark}@{address}"
        self.count = 0
        self.data = b""

    def request(self, method, headers="", body="", **parts):
        """Text of a request; 'parts' replace start line and headers (_ for
        -), None leaves one out, a list repeats it."""
        self.count += 1
        fields = {
            "start": f"{method} sip:911@{self.at} SIP/2.0",
            "Via": f"SIP/2.0/{self.transport} {self.host}:{self.port}"
                   f";branch=z9hG4bKraw{self.mark}{self.count}",
            "From": f"<sip:4102@{self.host}>;tag=raw{self.mark}",
            "To": f"<sip:911@{self.at}>",
            "Call-ID": self.call_id,
            "CSeq": f"1 {method}",
            "Contact": f"<sip:caller@{self.host}:{self.port}"
                       f";transport={self.transport.lower()}>",
            "Max-Forwards": "70",
            "Content-Length": str(len(body.encode())),
            **{name.replace("_", "-"): v for name, v in parts.items()},
        }
        lines = [fields.pop("start")]
        for name, value in fields.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{name}: {v}" for v in values if v is not None]
        return "\r\n".join(lines) + "\r\n" + headers + "\r\n" + body

    def invite(self, headers="", **parts):
        """Text of an INVITE with an offer."""
        body = parts.pop("body", sdp_at(SDP, self.address))
        parts.setdefault("Content_Type", "application/sdp")
        return self.request("INVITE", headers, body, **parts)

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def receive(self):
        """The next message; socket.timeout when none comes."""
        if self.transport == "UDP":
            return Message(True, self.socket.recv(65536).decode(
                "utf-8", "replace"))
        while True:
            head, end, rest = self.data.partition(b"\r\n\r\n")
            if end:
                size = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)",
                                 head)
                size = int(size.group(1)) if size else 0
                if len(rest) >= size:
                    self.data = rest[size:]
                    return Message(True, (head + end + rest[:size]).decode(
                        "utf-8", "replace"))
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the gateway closed the connection")
            self.data += more

    def final(self):
        """The final reply to the INVITE."""
        while True:
            message = self.receive()
            if message.status and message.status >= 200 \
                    and message.cseq_method == "INVITE":
                return message

    def call(self, invite):
        """Send it; when answered, acknowledge and hang up.  The final
        reply."""
        self.send(invite)
        reply = self.final()
        parts = {"To": reply.header("To"), "From": reply.header("From")}
        if reply.status >= 300:
            self.send(self.request("ACK", **parts,
                                   Via=reply.header("Via")))
            return reply
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        self.send(self.request("ACK", start=f"ACK {contact} SIP/2.0",
                               **parts))
        self.send(self.request("BYE", start=f"BYE {contact} SIP/2.0",
                               CSeq="2 BYE", **parts))
        while True:
            message = self.receive()
            if message.status and message.cseq_method == "BYE":
                assert message.status == 200, message.text
                return reply

    def close(self):
        self.socket.close()
