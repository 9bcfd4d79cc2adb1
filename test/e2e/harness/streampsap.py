# SPDX-License-Identifier: GPL-2.0-or-later
"""A far side that answers with any bytes over TCP or TLS."""
import re
import socket
import ssl
import time

from .rawpsap import RawPsap
from .sipmessage import Message


class TcpPsap(RawPsap):
    """It listens; receive() takes a connection when there is none."""

    tag = "tcp-psap"
    transport = "tcp"

    def __init__(self, address, port):  # pylint: disable=W0231
        self.address, self.port = address, port
        self.host = f"[{address}]" if ":" in address else address
        self.connection, self.data = None, b""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, port), family=family,
                                           reuse_port=True)

    def receive(self, kind=None, timeout=30):
        while True:
            message = self._next(timeout)
            if kind in (None, message.kind):
                return message

    def accept(self, timeout=30):
        self.socket.settimeout(timeout)
        self.connection, _ = self.socket.accept()

    def _next(self, timeout):
        if not self.connection:
            self.accept(timeout)
        self.connection.settimeout(timeout)
        while b"\r\n\r\n" not in self.data:
            self._read()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        size = int(re.search(rb"(?im)^content-length\s*:\s*(\d+)",
                             head).group(1))
        while len(self.data) < size:
            self._read()
        body, self.data = self.data[:size], self.data[size:]
        return Message(True, (head + b"\r\n\r\n" + body).decode())

    def _read(self):
        more = self.connection.recv(65536)
        assert more, "the gateway closed the connection"
        self.data += more

    def send(self, text):
        self.connection.sendall(text.encode())

    @property
    def contact(self):
        return f"<sip:psap@{self.host}:{self.port};transport={self.transport}>"

    def cut(self):
        self.connection.close()
        self.connection, self.data = None, b""

    def __exit__(self, *_):
        super().__exit__()
        if self.connection:
            self.connection.close()


class TlsPsap(TcpPsap):
    """Over TLS; 'context' says what it shows.  'refused': why handshakes
    failed; 'asked_for': the names of SNI."""

    tag = "tls-psap"
    transport = "tls"

    def __init__(self, address, port, context):
        super().__init__(address, port)
        self.context, self.refused, self.asked_for = context, [], []
        context.sni_callback = lambda _, name, __: self.asked_for.append(name)

    def accept(self, timeout=30):
        """The next connection whose handshake succeeds."""
        end = time.monotonic() + timeout
        while not self.connection:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            plain, _ = self.socket.accept()
            plain.settimeout(30)
            try:
                self.connection = self.context.wrap_socket(plain,
                                                           server_side=True)
            except (ssl.SSLError, OSError) as problem:
                self.refused.append(problem)
                plain.close()
