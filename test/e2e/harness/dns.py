# SPDX-License-Identifier: GPL-2.0-or-later
"""A little name server on loopback: A and AAAA, over UDP.

    with NameServer() as dns:
        dns.names["psap.example.com"] = ["127.0.99.1", "2001:db8::1"]
        dns.names["alias.example.com"] = "psap.example.com"
        dns.mood = "silent"      # or "fails", "refuses", "confused"

Nothing is cached and nothing passed on.  What was asked stands in 'asked'.
"""
import ipaddress
import socket
import struct
import threading

A, CNAME, AAAA = 1, 5, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def _wire(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.split(".")) + b"\0"


def _record(name, kind, data):
    return _wire(name) + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


class NameServer:
    def __init__(self, host="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.address = "%s:%d" % self.socket.getsockname()
        self.names = {}
        self.mood = "well"
        self.silent_types = set()  # questions of these types get no reply
        self.asked = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has no peer; those who wait are woken all the same
        self._thread.join(5)
        self.socket.close()

    def times_asked(self, name, kind=A):
        return self.asked.count((name, kind))

    def _serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            reply = self._answer(query)
            if reply:
                self.socket.sendto(reply, peer)

    def _answer(self, query):
        name, kind, end = self._question(query)
        self.asked.append((name, kind))
        if self.mood == "silent" or kind in self.silent_types:
            return None
        if self.mood == "confused":
            return query[:2] + b"\xff" * 40
        code, records = NOERROR, []
        if self.mood == "fails":
            code = SERVFAIL
        elif self.mood == "refuses":
            code = REFUSED
        elif name not in self.names:
            code = NXDOMAIN
        else:
            records = self._records(name, kind)
        head = query[:2] + struct.pack(
            "!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + query[12:end] + b"".join(records)

    def _records(self, name, kind):
        """Those of a name, whose alias may be another one."""
        found = []
        while isinstance(self.names.get(name), str):
            target = self.names[name]
            found.append(_record(name, CNAME, _wire(target)))
            name = target
        for ip in map(ipaddress.ip_address, self.names.get(name, [])):
            if kind == (A if ip.version == 4 else AAAA):
                found.append(_record(name, kind, ip.packed))
        return found

    @staticmethod
    def _question(query):
        labels, at = [], 12
        while query[at]:
            length = query[at]
            labels.append(query[at + 1:at + 1 + length].decode())
            at += 1 + length
        kind, = struct.unpack("!H", query[at + 1:at + 3])
        return ".".join(labels).lower(), kind, at + 5
