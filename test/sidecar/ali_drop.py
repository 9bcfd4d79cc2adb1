# SPDX-License-Identifier: GPL-2.0-or-later
"""Where ALI files are brought to: a local directory, a real SFTP server
(Debian's sshd, a process of the test's own) and a real FTP server over TLS
(pyftpdlib), and what happens in the middle of an upload."""
import base64
import getpass
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from harness.process import Process
from harness.wait import wait_until

PASSWORD = "s3cret word"


class Fault:
    """What is done once, when so many bytes of uploads have come."""

    def __init__(self):
        self.lock = threading.Lock()
        self.left, self.action = 0, None
        self.happened = threading.Event()

    def set(self, after, action=lambda: None):
        with self.lock:
            self.left, self.action = after, action
            self.happened.clear()

    def count(self, size):
        """True: cut it here."""
        with self.lock:
            if not self.action:
                return False
            self.left -= size
            if self.left > 0:
                return False
            action, self.action = self.action, None
        action()
        self.happened.set()
        return True


class Drop:
    """The directory is 'path'; columns of ali_delivery, options of e911d."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "in")
        self.answers = os.path.join(folder, "out")  # files of errors
        self.secrets = os.path.join(folder, "secrets")
        os.makedirs(self.path)
        os.makedirs(self.answers)
        os.makedirs(self.secrets)
        self.fault = Fault()
        self.settings = {"ali_secret_dir": self.secrets,
                         "ali_file_timeout_s": 30}
        self.columns = {}
        self.fetch = {"path": "/out/", "names": "*.err"}

    def files(self):
        return sorted(os.listdir(self.path))

    def read(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    def write_secret(self, name, text):
        path = os.path.join(self.secrets, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        os.chmod(path, 0o600)
        return path

    def start(self):
        return self

    def stop(self):
        pass


class Directory(Drop):
    def __init__(self, folder, authority):
        super().__init__(folder)
        self.settings["ali_directory"] = folder
        self.columns = {"deliver_to": "directory:in/"}
        self.fetch["path"] = "out/"


class Relay:
    """Passes bytes on, and counts those toward the server."""

    def __init__(self, port, fault):
        self.port_there, self.fault, self.ends = port, fault, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1",
                                                  self.port_there))
            except OSError:
                here.close()
                continue
            self.ends += [here, there]
            for one, other, counts in ((here, there, True),
                                       (there, here, False)):
                threading.Thread(target=self._pass, daemon=True,
                                 args=(one, other, counts)).start()

    def _pass(self, one, other, counts):
        try:
            while data := one.recv(4096):
                if counts and self.fault.count(len(data)):
                    break
                other.sendall(data)
        except OSError:
            pass
        self._cut(one, other)

    @staticmethod
    def _cut(*ends):
        for each in ends:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut_all(self):
        self._cut(*self.ends)

    def close(self):
        self.cut_all()
        self.listener.close()


class Sftp(Drop):
    def __init__(self, folder, authority):
        super().__init__(folder)
        self.key = self._make_key("host")
        self._make_key("client")
        shutil.copy(os.path.join(folder, "client"),
                    os.path.join(self.secrets, "west.key"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.config = os.path.join(folder, "sshd_config")
        with open(self.config, "w", encoding="ascii") as out:
            out.write(f"ListenAddress 127.0.0.1\nPort {self.port}\n"
                      f"HostKey {folder}/host\nPidFile none\nUsePAM no\n"
                      f"AuthorizedKeysFile {folder}/client.pub\n"
                      "StrictModes no\nPermitRootLogin prohibit-password\n"
                      "PasswordAuthentication no\n"
                      "Subsystem sftp internal-sftp\n")
        self.process = None
        self.relay = Relay(self.port, self.fault)
        self.columns = {
            "deliver_to": f"sftp://127.0.0.1:{self.relay.port}{self.path}/",
            "user_name": getpass.getuser(), "key_file": "west.key",
            "host_keys": [self.key]}
        self.fetch["path"] = self.answers + "/"

    def _make_key(self, name):
        path = os.path.join(self.folder, name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        path], check=True)
        out = subprocess.run(["ssh-keygen", "-l", "-f", path], check=True,
                             capture_output=True, text=True).stdout
        return out.split()[1]

    def start(self):
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.process = Process("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f",
                                        self.config],
                               os.path.join(self.folder, "sshd.log"))
        wait_until(self._answers, "sshd listens", 30, [self.process])
        return self

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.kill()
        self.process = None
        self.relay.cut_all()


def ftp_handler(drop, certificate, is_implicit):
    class Data(TLS_DTPHandler):
        def readable(self):
            # pyftpdlib 1.5.7 closes it on a handshake that comes before the
            # command, as libcurl's do.
            return self._ssl_accepting or super().readable()

        def recv(self, size):
            data = super().recv(size)
            if self.receive and drop.fault.count(len(data)):
                self.cmd_channel.close()
                return b""
            return data

    class Handler(TLS_FTPHandler):
        dtp_handler = Data
        certfile = certificate
        tls_control_required = tls_data_required = True
        ssl_context = None

        @classmethod
        def get_ssl_context(cls):
            context = super().get_ssl_context()
            # Else OpenSSL refuses who offers the session of the commands.
            context.set_session_id(b"drop")
            return context

        def handle(self):
            if is_implicit:
                self.secure_connection(self.ssl_context)
            super().handle()

    return Handler


class Ftp(Drop):
    scheme, is_implicit = "ftpes", False

    def __init__(self, folder, authority):
        super().__init__(folder)
        authority.issue("drop", "127.0.0.1")
        pem = os.path.join(folder, "drop.pem")
        with open(pem, "w", encoding="ascii") as out:
            for name in ("drop.key", "drop.pem"):
                with open(authority.path(name), encoding="ascii") as part:
                    out.write(part.read())
        shutil.copy(authority.path("ca.pem"), self.secrets)
        self.write_secret("west.password", PASSWORD + "\n")
        users = DummyAuthorizer()
        users.add_user("larks", PASSWORD, folder, perm="elradfmwMT")
        self.handler = ftp_handler(self, pem, self.is_implicit)
        self.handler.authorizer = users
        self.handler.abstracted_fs.validpath = lambda *_: True
        self.port, self.thread = 0, None
        self.start()
        self.columns = {
            "deliver_to": f"{self.scheme}://127.0.0.1:{self.port}/in/",
            "user_name": "larks", "password_file": "west.password",
            "ca_file": "ca.pem"}

    def start(self):
        if self.thread:
            return self
        self.loop = IOLoop()
        self.server = FTPServer(("127.0.0.1", self.port), self.handler,
                                ioloop=self.loop)
        self.port = self.server.address[1]
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def _serve(self):
        while not self.ends.is_set():
            self.loop.loop(timeout=0.1, blocking=False)
        self.server.close_all()

    def stop(self):
        if self.thread:
            self.ends.set()
            self.thread.join()
        self.thread = None


class ImplicitFtp(Ftp):
    scheme, is_implicit = "ftps", True


class Https(Drop):
    """Takes files by PUT; says 503 to the first one."""

    def __init__(self, folder, authority):
        super().__init__(folder)
        drop = self
        wanted = "Basic " + base64.b64encode(
            f"larks:{PASSWORD}".encode()).decode()
        self.statuses = [503]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = drop.statuses.pop() if drop.statuses else 201
                if self.headers["Authorization"] != wanted:
                    status = 401
                if status == 201:
                    name = os.path.join(folder, self.path.lstrip("/"))
                    with open(name, "wb") as out:
                        out.write(body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                try:
                    with open(folder + self.path, "rb") as file:
                        body = file.read()
                    self.send_response(200)
                except FileNotFoundError:
                    body = b"there is none"
                    self.send_response(404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.fetch["names"] = "now.err"
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue("put", "127.0.0.1"))
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True,
            do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        self.write_secret("west.password", PASSWORD + "\n")
        shutil.copy(authority.path("ca.pem"), self.secrets)
        port = self.server.server_address[1]
        self.columns = {"deliver_to": f"https://127.0.0.1:{port}/in/",
                        "user_name": "larks",
                        "password_file": "west.password",
                        "ca_file": "ca.pem"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


WAYS = {"directory": Directory, "sftp": Sftp, "ftpes": Ftp,
        "ftps": ImplicitFtp, "https": Https}
