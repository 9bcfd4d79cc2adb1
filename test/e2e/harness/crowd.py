# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP peer with many calls at once, over UDP, TCP or TLS.

A caller places them, a PSAP answers them; either then speaks in all its
dialogs and counts what it hears.  The two dialogs of one call have the same
number: it is the session id of each description (o=- <number> ...).
"""
import collections
import re
import selectors
import socket
import threading
import time

from .sipmessage import Message
from .tlsstream import TlsStream

SDP = ("v=0\r\no=- {number} {version} IN IP4 {address}\r\ns=-\r\n"
       "c=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n")
AGAIN = 0.5     # s, a request over UDP is repeated
AT_ONCE = 50    # requests that may be open


class Dialog:
    """One side's view of a dialog."""

    def __init__(self, number, call_id, local, remote, target):
        self.number, self.call_id = number, call_id
        self.local, self.remote, self.target = local, remote, target
        self.cseq, self.version = 1, 1
        self.acked = False                     # PSAP: the ACK has come
        self.is_over = False                   # a BYE was sent or heard
        self.heard = collections.Counter()     # requests, by method


class Request:
    def __init__(self, dialog, method, data):
        self.dialog, self.method, self.data = dialog, method, data
        self.sent_at, self.status = time.monotonic(), None


class Crowd:
    """At address:port; the gateway is at remote.  Over TLS 'authority' has
    issued both certificates."""

    def __init__(self, name, address, port, remote, transport="udp",
                 authority=None):
        self.name, self.address, self.port = name, address, port
        self.remote, self.transport = remote, transport.lower()
        self.dialogs = {}      # Call-ID: Dialog
        self.requests = {}     # branch: Request, open ones
        self.branches = 0
        self.changed = threading.Condition(threading.RLock())
        self.selector = selectors.DefaultSelector()
        self.data = {}         # connection: what came of the next message
        self.way = None        # our connection to the gateway
        self.answers = True    # False: an INVITE only rings
        if authority:
            self.client = authority.client()
            self.server = authority.server(authority.issue(name, address))
        self.closing = False
        kind = (socket.SOCK_DGRAM if self.transport == "udp"
                else socket.SOCK_STREAM)
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.transport == "udp":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   1 << 22)
        self.socket.bind((address, port))
        if self.transport != "udp":
            self.socket.listen(64)
        self.selector.register(self.socket, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        self.thread.join(5)
        for connection in [self.socket, *self.data]:
            connection.close()

    # ---- what a test asks for ----

    def call(self, numbers, user="+12065550100", to="911", headers=""):
        """Place these calls; {status: how many}."""
        at = f"{self.remote[0]}:{self.remote[1]}"
        dialogs = [Dialog(n, f"{self.name}-{n}-{id(self):x}",
                          f"<sip:{user}@{self.address}>;tag={self.name}{n}",
                          f"<sip:{to}@{at}>",
                          f"sip:{to}@{at};transport={self.transport}")
                   for n in numbers]
        with self.changed:
            self.dialogs.update((d.call_id, d) for d in dialogs)
        return self.ask(dialogs, "INVITE", headers)

    def ask(self, dialogs, method, headers="", timeout=30):
        """One request in each dialog; {final status: how many}, None for
        those that got none."""
        asked = []
        for dialog in dialogs:
            with self.changed:
                asked.append(self._request(dialog, method, headers))
                self._wait(lambda: len(self.requests) < AT_ONCE, timeout)
        with self.changed:
            self._wait(lambda: all(r.status for r in asked), timeout)
            return dict(collections.Counter(r.status for r in asked))

    def of(self, numbers):
        """Dialogs of these calls."""
        wanted = set(numbers)
        with self.changed:
            return [d for d in self.dialogs.values() if d.number in wanted]

    def forget(self, numbers):
        """These calls are over on this side."""
        for dialog in self.of(numbers):
            with self.changed:
                del self.dialogs[dialog.call_id]

    def wait_heard(self, numbers, method, count=1, timeout=30):
        """How many of these calls have heard the method so often."""
        dialogs = self.of(numbers)
        with self.changed:
            self._wait(lambda: all(d.heard[method] >= count
                                   for d in dialogs), timeout)
            return sum(d.heard[method] >= count for d in dialogs)

    # ---- waiting and repeating ----

    def _wait(self, done, timeout):
        end = time.monotonic() + timeout
        while not done() and time.monotonic() < end:
            self.changed.wait(0.1)
            now = time.monotonic()
            for request in list(self.requests.values()):
                if self.transport == "udp" and now - request.sent_at > AGAIN:
                    request.sent_at = now
                    self._send(request.data)

    # ---- what comes in ----

    def _listen(self):
        while not self.closing:
            for key, _ in self.selector.select(0.1):
                self._take(key.fileobj)

    def _take(self, which):
        if self.transport == "udp":
            data, source = which.recvfrom(65536)
            self._hear(data, lambda reply: which.sendto(reply, source))
        elif which is self.socket:
            self._accept()
        else:
            self._read(which)

    def _accept(self):
        connection = self.socket.accept()[0]
        if self.transport == "tls":
            try:
                connection = TlsStream(connection, self.server, True)
            except OSError:
                connection.close()
                return
        self._adopt(connection)
        self._read_more(connection)

    def _read(self, which):
        try:
            more = which.recv(65536)
        except OSError:
            more = b""
        if more is None:
            return
        if more:
            self._stream(which, more)
            self._read_more(which)
        else:
            self._drop(which)

    def _read_more(self, which):
        """What TLS has taken off the socket already: no selector tells."""
        if self.transport == "tls":
            self._read(which)

    def _adopt(self, connection):
        with self.changed:
            self.data[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ)

    def _drop(self, connection):
        with self.changed:
            self.selector.unregister(connection)
            self.data.pop(connection, None)
            if self.way is connection:
                self.way = None
            connection.close()

    def _stream(self, connection, more):
        data = self.data[connection] + more
        while True:
            data = data.lstrip(b"\r\n")
            head, end, rest = data.partition(b"\r\n\r\n")
            size = re.search(rb"(?im)^content-length\s*:\s*(\d+)", head)
            size = int(size.group(1)) if size else 0
            if not end or len(rest) < size:
                break
            self._hear(head + end + rest[:size], connection.sendall)
            data = rest[size:]
        self.data[connection] = data

    def _hear(self, data, answer):
        message = Message(True, data.decode("utf-8", "replace"))
        with self.changed:
            if message.status:
                self._reply_came(message)
            else:
                self._request_came(message, answer)
            self.changed.notify_all()

    def _reply_came(self, message):
        dialog = self.dialogs.get(message.call_id)
        branch = re.search(r"branch=([^;,\s]+)", message.header("Via"))
        request = self.requests.get(branch and branch.group(1))
        if message.status < 200:
            return
        if dialog and message.cseq_method == "INVITE":
            self._acknowledge(dialog, message)
        if request:
            request.status = message.status
            del self.requests[branch.group(1)]

    def _acknowledge(self, dialog, message):
        via = message.all("Via")[0]
        uri = dialog.target
        if message.status < 300:
            dialog.remote = message.header("To")
            dialog.target = uri = self._contact(message) or uri
            via = self._via()
        cseq = message.header("CSeq").split()[0]
        self._send(self._text(dialog, "ACK", uri, via, cseq,
                              to=message.header("To")))

    def _request_came(self, message, answer):
        dialog = self.dialogs.get(message.call_id)
        if message.method == "INVITE" and dialog is None:
            dialog = self._answered(message)
        if dialog is None:
            if message.method != "ACK":
                answer(self._reply(message, 481, None))
            return
        if message.method == "ACK":
            dialog.acked = True
            return
        # RFC 3261 15.1.2: what is over is no dialog; a BYE that crossed ours
        # is answered, and so is the repetition of one.
        dialog.is_over |= message.method == "BYE"
        if dialog.is_over and message.method != "BYE":
            answer(self._reply(message, 481, None))
            return
        cseq = message.header("CSeq")
        if cseq not in dialog.heard:     # not a repetition
            dialog.heard[message.method] += 1
            dialog.heard[cseq] = 1
        dialog.target = self._contact(message) or dialog.target
        rings = message.method == "INVITE" and not self.answers
        answer(self._reply(message, 180 if rings else 200, dialog))

    def _answered(self, message):
        number = re.search(r"(?m)^o=- (\d+)", message.body)
        dialog = Dialog(int(number.group(1)) if number else 0,
                        message.call_id,
                        f"{message.header('To')};tag={self.name}"
                        f"{len(self.dialogs)}",
                        message.header("From"), self._contact(message))
        self.dialogs[message.call_id] = dialog
        return dialog

    @staticmethod
    def _contact(message):
        found = re.search(r"<([^>]+)>", message.header("Contact"))
        return found.group(1) if found else None

    # ---- what goes out ----

    def _sdp(self, dialog):
        dialog.version += 1
        return SDP.format(number=dialog.number, version=dialog.version,
                          address=self.address, port=40000)

    def _via(self):
        self.branches += 1
        return (f"SIP/2.0/{self.transport.upper()} {self.address}:{self.port}"
                f";branch=z9hG4bK{self.name}{id(self):x}{self.branches}")

    def _own_contact(self):
        return (f"Contact: <sip:{self.name}@{self.address}:{self.port}"
                f";transport={self.transport}>")

    def _text(self, dialog, method, uri, via, cseq, to=None, headers="",
              body="", kind="application/sdp"):
        lines = [f"{method} {uri} SIP/2.0", f"Via: {via}",
                 f"From: {dialog.local}", f"To: {to or dialog.remote}",
                 f"Call-ID: {dialog.call_id}", f"CSeq: {cseq} {method}",
                 "Max-Forwards: 70"]
        if method != "ACK":
            lines.append(self._own_contact())
        if body:
            lines.append(f"Content-Type: {kind}")
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines) + "\r\n" + headers + "\r\n" + body

    def _request(self, dialog, method, headers):
        dialog.cseq += 1
        via, body, kind = self._via(), "", "application/sdp"
        if method in ("INVITE", "UPDATE"):
            body = self._sdp(dialog)
        elif method == "INFO":
            kind = "application/dtmf-relay"
            body = "Signal=9\r\nDuration=160\r\n"
        request = Request(dialog, method, self._text(
            dialog, method, dialog.target, via, dialog.cseq, None, headers,
            body, kind))
        self.requests[via.rpartition("=")[2]] = request
        dialog.is_over |= method == "BYE"
        self._send(request.data)
        return request

    def _reply(self, message, status, dialog):
        to = dialog.local if dialog and "tag=" not in message.header("To") \
            else message.header("To")
        body = ""
        if status == 200 and message.method in ("INVITE", "UPDATE"):
            body = self._sdp(dialog)
        reason = {180: "Ringing", 200: "OK"}.get(status, "Gone")
        lines = [f"SIP/2.0 {status} {reason}"]
        lines += [f"Via: {v}" for v in message.all("Via")]
        lines += [f"From: {message.header('From')}", f"To: {to}",
                  f"Call-ID: {message.call_id}",
                  f"CSeq: {message.header('CSeq')}", self._own_contact()]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _send(self, text):
        data = text.encode()
        if self.transport == "udp":
            self.socket.sendto(data, self.remote)
            return
        if self.way is None:
            self.way = socket.create_connection(
                self.remote, 5, (self.address, 0))
            if self.transport == "tls":
                self.way = TlsStream(self.way, self.client, False)
            self._adopt(self.way)
        self.way.sendall(data)
