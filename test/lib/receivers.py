# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is notified: a mail server and a web server on loopback.

    with Mailbox(tls=context, users={"e911": "secret"}) as mail: ...
    with Hook(tls=context) as hook: ...

What came stands in 'mails' and 'posts', in the order it came.
"""
import collections
import email
import email.policy
import http.server
import socket
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

Mail = collections.namedtuple("Mail", "sender recipients content tls user helo")
Post = collections.namedtuple("Post", "path headers body")


class Mailbox:
    """replies: what RCPT hears, by recipient, in place of 250."""

    def __init__(self, tls=None, users=None, host="127.0.0.1",
                 starttls=True, implicit=False):
        self.mails, self.replies = [], {}
        self.data_reply = "250 taken"
        self.sender_reply = None
        self.users = users
        box = self

        class Handler:
            async def handle_MAIL(self, _server, _session, envelope, address,
                                  options):  # pylint: disable=invalid-name
                if box.sender_reply:
                    return box.sender_reply
                envelope.mail_from = address
                envelope.mail_options.extend(options)
                return "250 OK"

            async def handle_RCPT(self, _server, _session, envelope, address,
                                  _options):  # pylint: disable=invalid-name
                if address in box.replies:
                    return box.replies[address]
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, _server, session,
                                  envelope):  # pylint: disable=invalid-name
                box.mails.append(Mail(
                    envelope.mail_from, list(envelope.rcpt_tos),
                    envelope.original_content, session.ssl is not None,
                    session.auth_data, session.host_name))
                return box.data_reply

        def authenticate(_server, _session, _envelope, _mechanism, data):
            name, password = (part.decode() for part in data)
            good = box.users.get(name) == password
            return AuthResult(success=good, handled=False,
                              auth_data=name if good else None)

        class Listener(Controller):
            def factory(self):
                return SMTP(
                    self.handler, hostname="mail.test",
                    tls_context=tls if starttls and not implicit else None,
                    require_starttls=bool(tls and starttls and not implicit),
                    auth_required=bool(box.users),
                    auth_require_tls=not implicit,
                    authenticator=authenticate if box.users else None)

        self.controller = Listener(
            Handler(), hostname=host, port=free_port(host),
            ssl_context=tls if implicit else None)
        self.port = self.controller.port

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    def parsed(self):
        return [email.message_from_bytes(one.content,
                                         policy=email.policy.default)
                for one in self.mails]


def free_port(host="127.0.0.1"):
    with socket.socket() as one:
        one.bind((host, 0))
        return one.getsockname()[1]


class Hook:
    """A web server: answers 'status' with 'headers' and 'body', by path if
    'by_path' says so; 'gate' not set: keeps still after it has read."""

    def __init__(self, tls=None, host="127.0.0.1", port=0):
        self.posts, self.by_path = [], {}
        self.status, self.headers, self.body = 200, {}, b"ok"
        self.gate = threading.Event()
        self.gate.set()
        self.closing = False
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self):  # pylint: disable=invalid-name
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                hook.posts.append(Post(self.path, self.headers, body))
                hook.gate.wait(60)
                answer = hook.by_path.get(self.path)
                if callable(answer):
                    self.close_connection = True
                    answer(self)
                    return
                status, headers, body = answer or (
                    hook.status, hook.headers, hook.body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # who posts does not want that much

            do_GET = do_POST

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512
            address_family = (socket.AF_INET6 if ":" in host
                              else socket.AF_INET)

            def handle_error(self, *_):
                pass  # who posts may go away

        self.server = Server((host, port), Handler)
        if tls:
            # Not in the thread that accepts: a client may keep still.
            self.server.socket = tls.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       kwargs={"poll_interval": 0.05},
                                       daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


__all__ = ["Hook", "Mail", "Mailbox", "Post", "free_port"]
