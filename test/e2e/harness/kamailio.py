# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio with the shipped configuration and a site file of its own."""
import itertools
import json
import os
import re
import shutil
import socket
import subprocess

from .network import is_bound
from .process import Process, service_user
from .wait import wait_until

SHARED_MEMORY_MB = 64


def program():
    found = shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin:"
                         + os.environ.get("PATH", ""))
    if not found:
        raise RuntimeError("Kamailio is not installed: "
                           "run packaging/install-dependencies")
    return found


def module_path():
    """The directory of the stock modules, as Kamailio itself tells."""
    text = subprocess.run([program(), "-h"], capture_output=True, text=True,
                          check=False)
    match = re.search(r"search path \(default: ([^)\s]+)\)",
                      text.stdout + text.stderr)
    return match.group(1) if match else ""


class RpcError(Exception):
    """Kamailio's answer to an RPC was an error."""


class Kamailio:
    def __init__(self, directory, config, module_dir, listen, settings):
        """'config': the folder with kamailio.cfg.  'listen': (transport,
        address, port) each.  'settings': the defines of the site file."""
        self.directory = directory
        self.config = config
        self.module_dir = module_dir
        self.listen = listen
        self.settings = dict(settings)
        self.features = ["WITH_STDERR"]
        self.environment = None   # None: ours
        self.shared_memory_mb = SHARED_MEMORY_MB
        self.hears_icmp = True    # given CAP_NET_RAW, where we may give it
        # Lines of tls.cfg that are others: {"verify_client = off": text}.
        self.tls_lines = {}
        # Files of tls/ beside kamailio.cfg: {"cert.pem": path, ...}.
        self.tls_files = {}
        # (module, name, number or text), over those of kamailio.cfg
        self.modparams = []
        self.log = os.path.join(directory, "kamailio.log")
        self.rpc_socket = os.path.join(directory, "rpc.sock")
        self.ctl_socket = os.path.join(directory, "ctl.sock")
        self.process = None
        self.memory_level = None  # bytes in use before the first call
        self._ids = itertools.count(1)

    def write_config(self):
        for name in ("kamailio.cfg", "tls.cfg", "e911.cfg",
                     "e911-params.cfg"):
            path = os.path.join(self.config, name)
            if os.path.exists(path):  # test/bench/stock has one file only
                shutil.copy(path, self.directory)
        self.edit_tls()
        self.write_tls()
        settings = {
            "E911_RPC_SOCKET": self.rpc_socket,
            "E911_CTL_SOCKET": f"unixs:{self.ctl_socket}",
            "E911_WORKERS": 2, "E911_TCP_WORKERS": 2,
            **self.settings,
        }
        with open(os.path.join(self.directory, "10-site.cfg"), "w",
                  encoding="utf-8") as out:
            for transport, address, port in self.listen:
                host = f"[{address}]" if ":" in address else address
                out.write(f"listen={transport}:{host}:{port}\n")
            for name in self.features:
                out.write(f"#!define {name}\n")
            for name, value in settings.items():
                text = value if isinstance(value, int) else f'"{value}"'
                out.write(f"#!define {name} {text}\n")
        with open(os.path.join(self.directory, "90-local.cfg"), "w",
                  encoding="utf-8") as out:
            for module, name, value in self.modparams:
                text = f'"{value}"' if isinstance(value, str) else value
                out.write(f'modparam("{module}", "{name}", {text})\n')

    def edit_tls(self):
        """As a site does by hand."""
        path = os.path.join(self.directory, "tls.cfg")
        for line, other in self.tls_lines.items():
            with open(path, encoding="utf-8") as old:
                text = old.read()
            assert f"\n{line}\n" in text, line
            with open(path, "w", encoding="utf-8") as new:
                new.write(text.replace(f"\n{line}\n", f"\n{other}\n", 1))

    def write_tls(self):
        """Put the files of tls_files where tls.cfg looks for them."""
        folder = os.path.join(self.directory, "tls")
        os.makedirs(folder, exist_ok=True)
        for name, path in self.tls_files.items():
            # Whoever reads meanwhile finds the old one or the new one.
            shutil.copy(path, os.path.join(folder, f"{name}.new"))
            os.replace(os.path.join(folder, f"{name}.new"),
                       os.path.join(folder, name))

    def start(self):
        self.write_config()
        for path in (self.rpc_socket, self.ctl_socket):
            if os.path.exists(path):
                os.unlink(path)
        self.process = Process(
            "Kamailio",
            [program(), "-DD", "-E", "-f",
             os.path.join(self.directory, "kamailio.cfg"),
             "-L", f"{self.module_dir}:{module_path()}",
             "-x", "tlsf", "--atexit=no",
             "-m", self.shared_memory_mb, "-M", 8,
             "-Y", self.directory, "-w", self.directory,
             "-P", os.path.join(self.directory, "kamailio.pid")],
            self.log, user=service_user("kamailio"), cwd=self.directory,
            env=self.environment,
            capability="net_raw" if self.hears_icmp else None)
        wait_until(self._ready, "Kamailio listens", 30, [self.process])
        self.memory_level = self.shared_memory_used()

    def _ready(self):
        """All is bound, and the process that is made last is there: who is
        about to kill them all has to know them all."""
        try:
            rows = self.rpc("core.psx")
        except (OSError, RpcError):
            return False
        if not any("tcp main" in row["DSC"] for row in rows):
            return False
        return all(is_bound(*where) for where in self.listen)

    def rpc(self, method, *parameters):
        """The result of an RPC command."""
        number = next(self._ids)
        request = {"jsonrpc": "2.0", "id": number, "method": method}
        if parameters:
            request["params"] = list(parameters)
        mine = os.path.join(self.directory, f"rpc-{os.getpid()}-{number}")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.bind(mine)
            os.chmod(mine, 0o777)
            try:
                client.settimeout(30)
                client.connect(self.rpc_socket)
                client.send(json.dumps(request).encode())
                reply = json.loads(client.recv(1 << 20))
            finally:
                os.unlink(mine)
        if "error" in reply:
            raise RpcError(f"{method}: {reply['error']}")
        return reply.get("result")

    def shared_memory_used(self):
        """Bytes of shared memory in use, without what counts as overhead."""
        return int(self.rpc("core.shmmem")["used"])

    def kamcmd_command(self):
        """What a person types."""
        return f"kamcmd -s unixs:{self.ctl_socket}"

    def stop(self):
        status = self.process.stop() if self.process else None
        self.process = None
        return status

    def kill(self):
        if self.process:
            self.process.kill()
        self.process = None
