# SPDX-License-Identifier: GPL-2.0-or-later
"""A TLS connection that one thread reads while another one writes."""
import select
import ssl
import threading


class TlsStream:
    """Around a connected socket.  recv() does not wait: b"" at the end, None
    when there is nothing now."""

    def __init__(self, plain, context, server_side):
        plain.settimeout(30)
        self.socket = context.wrap_socket(plain, server_side=server_side)
        self.socket.setblocking(False)
        self.lock = threading.Lock()

    def fileno(self):
        return self.socket.fileno()

    def recv(self, size):
        with self.lock:
            try:
                return self.socket.recv(size)
            except ssl.SSLWantReadError:
                return None
            except (ssl.SSLError, OSError):
                return b""

    def sendall(self, data):
        while data:
            with self.lock:
                try:
                    data = data[self.socket.send(data):]
                    continue
                except ssl.SSLWantWriteError:
                    pass
            select.select([], [self.socket], [], 1)

    def close(self):
        self.socket.close()
