# SPDX-License-Identifier: GPL-2.0-or-later
"""A location server that is asked by HELD (RFC 6753)."""
import http.server
import threading

HELD = "urn:ietf:params:xml:ns:geopriv:held"


def response(document):
    """A locationResponse around a PIDF-LO, as bytes."""
    if isinstance(document, str):
        document = document.encode()
    return (f'<locationResponse xmlns="{HELD}">'.encode()
            + document.split(b"?>")[-1] + b"</locationResponse>")


class Lis:
    """A location server on loopback; what it was asked stands in 'asked'."""

    def __init__(self, body, tls=None):
        self.asked = []
        self.status, self.headers = 200, {}
        self.body = body
        self.answers = threading.Event()  # not set: it keeps still
        self.answers.set()
        lis = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                size = int(self.headers["Content-Length"])
                lis.asked.append((self.path, self.headers, self.rfile.read(
                    size).decode()))
                lis.answers.wait(30)
                self.send_response(lis.status)
                for name, value in lis.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(lis.body)))
                self.end_headers()
                try:
                    self.wfile.write(lis.body)
                except OSError:
                    pass  # who asked does not want that much

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket,
                                                 server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def close(self):
        self.answers.set()
        self.server.shutdown()
        self.server.server_close()
