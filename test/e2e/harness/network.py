# SPDX-License-Identifier: GPL-2.0-or-later
"""A /24 of loopback addresses and a port for one run alone.

The gateway tells trunks apart by their address, so each peer has one of its
own; 127.0.0.0/8 holds as many as one likes, without any set-up.
"""
import random
import socket


class AddressBlock:
    """127.X.Y.0/24, locked against other runs on this machine.

    The lock is an abstract Unix socket: it belongs to the network namespace,
    as the addresses do, and goes with the process that holds it.
    """

    def __init__(self):
        for _ in range(1000):
            net = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}"
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                lock.bind(f"\0e911-loopback-{net}")
            except OSError:
                lock.close()
                continue
            self.net, self._lock = net, lock
            break
        else:
            raise RuntimeError("no free block of loopback addresses")
        self.port = free_port()

    def address(self, host):
        return f"{self.net}.{host}"

    def release(self):
        self._lock.close()


def free_port():
    """A port that nobody uses, UDP or TCP, on any address.

    Below 32768: the system takes the ports of outgoing connections above.
    """
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("0.0.0.0", port))
        except OSError:
            continue
        return port
    raise RuntimeError("no free port")


def is_bound(transport, address, port):
    """Is there a UDP socket, or a listening TCP one, at address:port?"""
    transport = transport.replace("tls", "tcp")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    words = [f"{int.from_bytes(packed[i:i + 4], 'little'):08X}"
             for i in range(0, len(packed), 4)]
    want = f"{''.join(words)}:{port:04X}"
    table = transport + ("6" if ":" in address else "")
    with open(f"/proc/net/{table}", encoding="ascii") as lines:
        for line in lines.readlines()[1:]:
            fields = line.split()
            if fields[1] != want:
                continue
            if transport == "udp" or fields[3] == "0A":  # TCP_LISTEN
                return True
    return False
