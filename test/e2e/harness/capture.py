# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP as it passes the loopback interface, for peers that do not write down
what they hear (sipp plays a voice and throws away what comes)."""
import socket
import struct
import threading

from .tone import from_ulaw, hears

ETH_P_IP = 0x0800
PACKET_OUTGOING = 4    # on loopback each packet passes twice
UDP = 17
RCVBUF = 1 << 22


class RtpCapture:
    """What comes to 'address' as PCMU, at any port.  Needs CAP_NET_RAW."""

    def __init__(self, address):
        self.address = socket.inet_aton(address)
        self.heard = []            # samples
        self.senders = set()       # (address, port)
        self.closing = False
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                    socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RCVBUF)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        self.thread.join(5)
        self.socket.close()

    def _listen(self):
        while not self.closing:
            try:
                packet, where = self.socket.recvfrom(65536)
            except socket.timeout:
                continue
            if where[2] != PACKET_OUTGOING:
                self._take(packet)

    def _take(self, packet):
        """An IPv4 packet: of ours, if it is UDP with plain RTP in it."""
        start = (packet[0] & 15) * 4
        if len(packet) < start + 20 or packet[9] != UDP or \
                packet[16:20] != self.address:
            return
        port, _, size = struct.unpack_from("!HHH", packet, start)
        rtp = packet[start + 8:start + size]
        # Version 2, PCMU, no padding, extension or CSRC: as it was sent.
        if len(rtp) > 12 and rtp[0] == 0x80 and rtp[1] & 0x7f == 0:
            self.senders.add((socket.inet_ntoa(packet[12:16]), port))
            self.heard += [from_ulaw(b) for b in rtp[12:]]

    def hears(self, frequency):
        return hears(self.heard, frequency)
