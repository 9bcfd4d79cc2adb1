# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP peer over UDP whose words are a few lines of a scenario.

    < INVITE                     wait for it; what it must hold may follow:
    < INVITE "a=sendonly" !100rel    regexes found, or (!) not found, in it
    > 180 tag=desk-2             answer the latest request of its method
    > 200/INVITE sdp             ... or of this one; sdp: with a description
    > INVITE sdp=sendonly        with one more line, a=sendonly
    > INFO type=text/plain body="a text" h="Name: value"
    > ACK                        of the latest final reply to an INVITE
    > PRACK                      RAck of the latest reliable reply
    > 183 sdp rseq=7             a reliable reply
    > again                      the same datagram once more
    copy 183                     wait for a copy of what has come
    always OPTIONS 200           from now on each is answered so, or (silent)
                                 not at all, whenever it comes
    quiet 300                    nothing new may come for so many ms
    pause 300

Waiting takes messages in any order: each must come, and what is left over at
the end is an error (100, and copies of what has come, are not).  A copy of a
request that was answered is answered again.
"""
import collections
import re
import shlex
import socket
import threading
import time

from .sipmessage import Message

SDP = ("v=0\r\no=- {version} {version} IN IP4 {address}\r\ns=-\r\n"
       "c=IN IP4 {connection}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
       "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n{more}")


IN_ORDER = 0.05    # s


class Wrong(Exception):
    """The script cannot go on."""


class Invite:
    """The latest INVITE of this peer: what its ACK and CANCEL repeat."""

    def __init__(self, via, cseq, to, uri):
        self.via, self.cseq, self.to, self.uri = via, cseq, to, uri
        self.final = None


class Talker:
    """At address:port; a caller has ruri, from and headers in 'words' and
    sends to 'remote'."""

    def __init__(self, name, script, address, port, remote=None, words=None):
        self.name, self.address, self.port = name, address, port
        self.transport = "udp"
        self.caller = remote is not None
        self.remote = remote
        self.words = words or {}
        self.script = [line.strip() for line in script.splitlines()
                       if line.strip() and not line.strip().startswith("#")]
        self.tag = f"{name}{id(self):x}"
        self.call_id = f"{name}-{id(self):x}@{address}" if remote else None
        self.log = []          # Messages, both ways
        self.inbox = collections.deque()
        self.changed = threading.Condition()
        self.seen = {}         # key of a message: our reply to it, or None
        self.requests = {}     # method: latest request received
        self.copies = []       # kinds of those that came again
        self.always = {}       # method: code of our reply; None: silence
        self.latest = None     # request received last
        self.cseq, self.branch_count, self.sdp_version = 0, 0, 0
        self.invite = None     # ours
        self.reliable = None   # latest reliable reply
        self.sent_last = b""
        self.problem = None
        self.closing = False
        self.local = self.far = self.target = None
        self.overtaken_until = 0.0
        self.socket = self.threads = None

    # ---- what a Scenario asks for ----

    def start(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, self.port))
        self.socket.settimeout(0.1)
        self.threads = [threading.Thread(target=self._listen, daemon=True),
                        threading.Thread(target=self._play, daemon=True)]
        for thread in self.threads:
            thread.start()
        return self

    def wait(self, timeout=60):
        self.threads[1].join(timeout)
        if self.threads[1].is_alive():
            self.problem = f"still plays after {timeout} s"
        if self.problem is None:
            return None
        seen = " ".join(("<" if m.received else ">") + m.kind
                        for m in self.log)
        return f"{self.name} saw [{seen}]: {self.problem}"

    def stop(self):
        self.closing = True
        for thread in self.threads or []:
            thread.join(5)
        if self.socket:
            self.socket.close()

    def messages(self):
        with self.changed:
            return list(self.log)

    def received(self):
        return [m for m in self.messages() if m.received]

    def sent(self):
        return [m for m in self.messages() if not m.received]

    # ---- what comes in ----

    def _listen(self):
        while not self.closing:
            try:
                data, self.remote = self.socket.recvfrom(65536)
            except OSError:
                continue
            self._hear(Message(True, data.decode("utf-8", "replace")))

    @staticmethod
    def _key(message):
        """Equal for copies of one message."""
        via = message.header("Via")
        branch = re.search(r"branch=([^;,\s]+)", via)
        return (message.kind, branch and branch.group(1),
                message.header("To"), message.header("CSeq"),
                message.header("RSeq"), message.body)

    def _hear(self, message):
        key = self._key(message)
        with self.changed:
            copy = key in self.seen and message.status != 200
            again = self.seen.get(key)
            if not copy:
                self.log.append(message)
            if copy:
                self.copies.append(message.kind)
                self.changed.notify_all()
            if copy or message.kind == "100":
                if again:
                    self.socket.sendto(again, self.remote)
                return
            self.seen[key] = None
            if message.method in self.always:
                self._answer_always(message)
                return
            if message.method and message.method != "ACK":
                self.requests[message.method] = self.latest = message
            self._learn(message)
            self.inbox.append(message)
            self.changed.notify_all()

    def _answer_always(self, message):
        code = self.always[message.method]
        if code:
            latest, self.latest = self.latest, message
            self._reply(code, "", [])
            self.latest = latest
        self.changed.notify_all()

    def _learn(self, message):
        if message.method == "INVITE" and not self.local:
            self.far = message.header("From")
            self.local = message.header("To")
            self.call_id = message.call_id
        if message.status and self.caller:
            if "tag=" in message.header("To"):
                self.far = message.header("To")
            if message.has("RSeq"):
                self.reliable = message
        contact = re.search(r"<([^>]+)>", message.header("Contact"))
        if contact:
            self.target = contact.group(1)
        if message.status and message.status >= 200 and self.invite and \
                message.cseq_method == "INVITE":
            self.invite.final = message

    # ---- the script ----

    def _play(self):
        try:
            for line in self.script:
                self._line(line)
            self._expect_quiet(300)
        except Wrong as wrong:
            self.problem = str(wrong)
        except (OSError, LookupError, AttributeError, ValueError) as error:
            self.problem = f"{type(error).__name__}: {error}"

    def _line(self, line):
        words = shlex.split(line)
        if words[0] == "<":
            self._wait(words[1], words[2:], line)
        elif words[0] == "copy":
            with self.changed:
                if not self.changed.wait_for(
                        lambda: words[1] in self.copies or self.closing, 12):
                    raise Wrong(f"'{line}' did not come")
                self.copies.remove(words[1])
        elif words[0] == "always":
            code = None if words[2] == "silent" else int(words[2])
            with self.changed:
                self.always[words[1]] = code
        elif words[0] == "quiet":
            self._expect_quiet(int(words[1]))
        elif words[0] == "pause":
            time.sleep(int(words[1]) / 1000)
        elif words[:2] == [">", "again"]:
            self._send(self.sent_last)
        elif words[0] == ">":
            options = [w.partition("=")[::2] for w in words[2:]]
            kind, _, method = words[1].partition("/")
            if kind.isdigit():
                self._reply(int(kind), method, options)
            else:
                self._request(kind, options)
        else:
            raise Wrong(f"'{line}' means nothing")

    def _wait(self, kind, patterns, line):
        kind, _, method = kind.partition("/")
        def take():
            for message in self.inbox:
                if message.kind == kind and \
                        method in ("", message.cseq_method):
                    self.inbox.remove(message)
                    return message
            return None
        with self.changed:
            found = []
            self.changed.wait_for(
                lambda: found.append(take()) or found[-1] or self.closing, 12)
            message = found[-1]
        if message is None:
            raise Wrong(f"'{line}' did not come")
        for pattern in patterns:
            wanted = not pattern.startswith("!")
            if bool(re.search(pattern.lstrip("!"), message.text)) != wanted:
                raise Wrong(f"'{line}' is not so:\n{message.text}")

    def _expect_quiet(self, ms):
        with self.changed:
            self.changed.wait_for(lambda: self.inbox or self.closing,
                                  ms / 1000)
            if self.inbox:
                raise Wrong(f"unexpected: {list(self.inbox)}")

    # ---- what goes out ----

    def _sdp(self, value):
        self.sdp_version += 1
        zero = value == "zero"
        return SDP.format(version=self.sdp_version, address=self.address,
                          connection="0.0.0.0" if zero else self.address,
                          port=40000 if self.caller else 41000,
                          more=f"a={value}\r\n" if value and not zero else "")

    def _rest(self, options):
        """Header lines and body that the options ask for."""
        lines, body, kind = [], "", "application/sdp"
        for key, value in options:
            if key == "sdp":
                body = self._sdp(value)
            elif key == "body":
                body = value.replace("\\n", "\r\n")
            elif key == "type":
                kind = value
            elif key == "h":
                lines.append(value)
            elif key == "rseq":
                lines += ["Require: 100rel", f"RSeq: {value}"]
        if body:
            lines.append(f"Content-Type: {kind}")
        lines.append(f"Content-Length: {len(body.encode())}")
        return lines, body

    def _contact(self):
        return f"Contact: <sip:{self.name}@{self.address}:{self.port}>"

    def _reply(self, code, method, options):
        with self.changed:
            request = self.requests[method] if method else self.latest
        to = request.header("To")
        if "tag=" not in to:
            tag = next((f"-{v}" for k, v in options if k == "tag"), "")
            to += f";tag={self.tag}{tag}"
            if request.method == "INVITE":
                self.local = to
        reason = {100: "Trying", 180: "Ringing", 183: "Session Progress",
                  200: "OK"}.get(code, "As Told")
        lines = [f"SIP/2.0 {code} {reason}"]
        lines += [f"Via: {v}" for v in request.all("Via")]
        lines += [f"From: {request.header('From')}", f"To: {to}",
                  f"Call-ID: {request.call_id}",
                  f"CSeq: {request.header('CSeq')}", self._contact()]
        more, body = self._rest(options)
        data = self._send("\r\n".join(lines + more) + "\r\n\r\n" + body)
        with self.changed:
            self.seen[self._key(request)] = data

    def _ours(self):
        """Our From and To of a request."""
        if not self.local:
            self.local = f"{self.words['from']};tag={self.tag}"
        return self.local, self.far or f"<{self.words['ruri']}>"

    def _via(self):
        self.branch_count += 1
        return (f"SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK"
                f"{self.tag}{self.branch_count}")

    def _request(self, method, options):
        own, far = self._ours()
        if not self.caller:
            tag = next((v for k, v in options if k == "tag"), None)
            if tag is not None:
                own = re.sub(r";tag=.*", f";tag={self.tag}-{tag}".rstrip("-"),
                             own)
        via, uri = self._via(), self.target or self.words.get("ruri")
        invite = self.invite
        if method in ("ACK", "CANCEL"):
            cseq = invite.cseq
            if method == "CANCEL" or (invite.final and
                                      invite.final.status >= 300):
                via, uri, far = invite.via, invite.uri, invite.to
                if method == "ACK":
                    far = invite.final.header("To")
        else:
            self.cseq = cseq = self.cseq + 1
        lines = [f"{method} {uri} SIP/2.0", f"Via: {via}", f"From: {own}",
                 f"To: {far}", f"Call-ID: {self.call_id}",
                 f"CSeq: {cseq} {method}", "Max-Forwards: 70"]
        if method == "INVITE":
            if invite is None and self.words.get("headers"):
                lines += self.words["headers"]
            self.invite = Invite(via, cseq, far, uri)
        if method == "PRACK" and not any(k == "h" for k, _ in options):
            lines.append(f"RAck: {self.reliable.header('RSeq')} "
                         f"{self.reliable.header('CSeq')}")
        if method not in ("ACK", "CANCEL"):
            lines.append(self._contact())
        more, body = self._rest(options)
        self._send("\r\n".join(lines + more) + "\r\n\r\n" + body)

    def _send(self, data):
        if isinstance(data, str):
            data = data.encode()
        with self.changed:
            self.log.append(Message(False, data.decode("utf-8", "replace")))
        # Two workers take two datagrams: what follows an ACK or a
        # provisional reply at once may overtake it.
        wait = self.overtaken_until - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if data.startswith((b"ACK ", b"SIP/2.0 1")):
            self.overtaken_until = time.monotonic() + IN_ORDER
        self.sent_last = data
        self.socket.sendto(data, self.remote)
        return data
