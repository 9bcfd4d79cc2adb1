# SPDX-License-Identifier: GPL-2.0-or-later
"""Tones: made, wrapped into RTP, heard, and found in what was heard.

G.711 mu-law at 8000 Hz, 20 ms in a packet, as every telephone has it.
"""
import math
import os
import socket
import struct
import threading
import time
import wave

RATE = 8000
PACKET = 160       # samples in 20 ms
AMPLITUDE = 8000   # of 32767
BIAS, CLIP = 0x84, 32635


def samples_of(frequency, seconds):
    return [int(AMPLITUDE * math.sin(2 * math.pi * frequency * n / RATE))
            for n in range(int(RATE * seconds))]


def write_wave(path, frequency, seconds):
    """Mono, 16 bit, 8000 Hz."""
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(struct.pack(
            f"<{int(RATE * seconds)}h", *samples_of(frequency, seconds)))


def write_ulaw(path, frequency, seconds):
    """Nothing but G.711 mu-law, as sipp's rtp_stream sends it."""
    with open(path, "wb") as out:
        out.write(bytes(to_ulaw(s) for s in samples_of(frequency, seconds)))


def read_wave(path):
    """The samples of a file whose header may not be finished yet."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as data:
        raw = data.read()[44:]
    return list(struct.unpack(f"<{len(raw) // 2}h", raw[:len(raw) // 2 * 2]))


def to_ulaw(sample):
    """G.711 mu-law (ITU-T G.711, table 2a)."""
    sign = 0x80 if sample < 0 else 0
    sample = min(abs(sample), CLIP) + BIAS
    exponent = max(sample.bit_length() - 8, 0)
    mantissa = sample >> (exponent + 3) & 0x0f
    return ~(sign | exponent << 4 | mantissa) & 0xff


def from_ulaw(byte):
    byte = ~byte & 0xff
    sample = ((byte & 0x0f) << 3) + BIAS << (byte >> 4 & 7)
    return BIAS - sample if byte & 0x80 else sample - BIAS


def strength(samples, frequency):
    """How much of the samples' power is at this frequency (Goertzel), 0..1:
    near 1 for the tone alone, near 0 for silence, noise or another tone."""
    power = sum(s * s for s in samples)
    if not samples or power < len(samples) * 100 * 100:
        return 0.0
    w = 2 * math.pi * frequency / RATE
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + 2 * math.cos(w) * last - before
    magnitude = before * before + last * last - 2 * math.cos(w) * before * last
    return magnitude / (power * len(samples) / 2)


def hears(samples, frequency, seconds=0.5):
    """Is the tone what the last so many seconds sound like?"""
    tail = samples[-int(RATE * seconds):]
    return len(tail) == int(RATE * seconds) and strength(tail, frequency) > 0.7


class TonePeer:
    """The RTP end of a telephone at address:port: sends one tone, keeps what
    it hears.  'remote' is where to send; None: nowhere yet."""

    def __init__(self, address, port, frequency):
        self.address, self.port = address, port
        self.remote = None
        self.heard = []            # samples
        self.senders = {}          # (address, port): packets of it
        self.closing = False
        tone = [to_ulaw(s) for s in samples_of(frequency, 1)]
        self.packets = [bytes(tone[n:n + PACKET])
                        for n in range(0, RATE, PACKET)]
        self.socket = socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET,
            socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.socket.settimeout(0.1)
        self.threads = [threading.Thread(target=self._listen, daemon=True),
                        threading.Thread(target=self._speak, daemon=True)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        for thread in self.threads:
            thread.join(5)
        self.socket.close()

    def _listen(self):
        while not self.closing:
            try:
                packet, sender = self.socket.recvfrom(2048)
            except OSError:
                continue
            # Version 2, PCMU, no padding, extension or CSRC: as it was sent.
            if len(packet) > 12 and packet[0] == 0x80 and \
                    packet[1] & 0x7f == 0:
                self.senders[sender[:2]] = \
                    self.senders.get(sender[:2], 0) + 1
                self.heard += [from_ulaw(b) for b in packet[12:]]

    def _speak(self):
        number, due = 0, time.monotonic()
        while not self.closing:
            if self.remote:
                header = struct.pack("!BBHII", 0x80, 0, number & 0xffff,
                                     number * PACKET & 0xffffffff, self.port)
                try:
                    self.socket.sendto(
                        header + self.packets[number % len(self.packets)],
                        self.remote)
                except OSError:
                    pass           # nobody there: a telephone goes on
            number += 1
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))

    def hears(self, frequency):
        return hears(self.heard, frequency)
