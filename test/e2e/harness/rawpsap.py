# SPDX-License-Identifier: GPL-2.0-or-later
"""A far side that answers with any bytes, step by step."""
import re
import socket
import uuid

from .sipmessage import Message

SDP = ("v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\n"
       "t=0 0\r\nm=audio 41000 RTP/AVP 0\r\n")


def sdp_at(text, address):
    """The description with this address in it, of either family."""
    text = text.format(address=address)
    return text.replace("IN IP4", "IN IP6") if ":" in address else text


def check_ack(ack, invite, answer):
    """The ACK of a 2xx is a request of its own (RFC 3261 13.2.2.4): sent to
    the answer's Contact, with a branch that no other has (17.1.1.3 is for
    the rest), in the dialog of the two."""
    answer = Message(False, answer)
    contact = re.search(r"<([^>]+)>", answer.header("Contact")).group(1)
    assert ack.request_uri == contact, ack.text
    assert len(ack.all("Via")) == 1, ack.text
    sent_by, branch = ack.header("Via").split(";branch=")
    assert invite.header("Via").split(";branch=")[0] == sent_by, ack.text
    assert branch.startswith("z9hG4bK"), ack.text
    assert branch.split(";")[0] not in invite.header("Via"), ack.text
    for name in ("From", "Call-ID"):
        assert ack.header(name) == invite.header(name), ack.text
    assert ack.header("To") == answer.header("To"), ack.text
    number = invite.header("CSeq").split()[0]
    assert ack.header("CSeq") == f"{number} ACK", ack.text
    assert int(ack.header("Max-Forwards")) > 0, ack.text
    assert ack.header("Content-Length") == "0" and not ack.body, ack.text


class RawPsap:
    """At address:port, over UDP."""

    def __init__(self, address, port):
        self.address, self.port, self.remote = address, port, None
        self.tag = f"raw-psap-{uuid.uuid4().hex[:12]}"
        self.host = f"[{address}]" if ":" in address else address
        self.socket = socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET,
            socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self, kind=None, timeout=30):
        """The next message (of this kind); socket.timeout when none comes."""
        self.socket.settimeout(timeout)
        while True:
            data, self.remote = self.socket.recvfrom(65536)
            message = Message(True, data.decode("utf-8", "replace"))
            if kind in (None, message.kind):
                return message

    def reply(self, request, code, body="", **parts):
        """Text of a reply; 'parts' as in RawCaller.request()."""
        fields = {
            "start": f"SIP/2.0 {code} Reply",
            "Via": request.all("Via"),
            "From": request.header("From"),
            "To": f"{request.header('To')};tag={self.tag}",
            "Call-ID": request.call_id,
            "CSeq": request.header("CSeq"),
            "Contact": f"<sip:psap@{self.host}:{self.port}>",
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): v for name, v in parts.items()},
        }
        lines = [fields.pop("start")]
        for name, value in fields.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{name}: {v}" for v in values if v is not None]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def answer(self, request, **parts):
        """Text of a 200 with a description."""
        return self.reply(request, 200, sdp_at(SDP, self.address),
                          Content_Type="application/sdp", **parts)

    def send(self, text):
        self.socket.sendto(text.encode(), self.remote)

    def in_dialog_200(self, request):
        """Answer a request in the dialog."""
        self.send(self.reply(request, 200, To=request.header("To")))
