# SPDX-License-Identifier: GPL-2.0-or-later
"""The messages of modules/core/locate_wire.h, for those who play one side."""
import collections
import os
import socket
import struct

VALUE, REFERENCE = 1, 2
STATUS = ("here", "found", "no_psap", "unusable", "forbidden", "failed",
          "busy")
QUESTION = struct.Struct("<4sBBH16sI")
ANSWER = struct.Struct("<4sBBBB16sQqqIB3sq")

Answer = collections.namedtuple(
    "Answer", "nonce status kind point psap lat lon uncertainty confidence "
    "at_ms place why")
Question = collections.namedtuple("Question", "nonce budget_ms items")


def question(*items, nonce=None, budget_ms=1000):
    """items: (VALUE or REFERENCE, bytes)."""
    out = [QUESTION.pack(b"E9LQ", 1, len(items), 0, nonce or os.urandom(16),
                         budget_ms)]
    for kind, data in items:
        out += [struct.pack("<BBHI", kind, 0, 0, len(data)), data]
    return b"".join(out)


def read_question(data):
    mark, version, count, _, nonce, budget = QUESTION.unpack_from(data)
    assert (mark, version) == (b"E9LQ", 1)
    at, items = QUESTION.size, []
    for _ in range(count):
        kind, _, _, size = struct.unpack_from("<BBHI", data, at)
        items.append((kind, data[at + 8:at + 8 + size]))
        at += 8 + size
    assert at == len(data)
    return Question(nonce, budget, items)


def answer(nonce, status="found", kind=VALUE, psap=0, lat=0.0, lon=0.0,
           uncertainty=10, confidence=0, at_ms=0, place=b"", why=b""):
    return ANSWER.pack(b"E9LA", 1, STATUS.index(status), kind,
                       1 if status == "found" else 0, nonce, psap,
                       int(lat * 1e9), int(lon * 1e9), uncertainty,
                       confidence, b"", at_ms) + b"".join(
                           struct.pack("<H", len(text)) + text
                           for text in (place, why))


def read_answer(data):
    (mark, version, status, kind, flags, nonce, psap, lat, lon, uncertainty,
     confidence, _, at_ms) = ANSWER.unpack_from(data)
    assert (mark, version) == (b"E9LA", 1)
    at, texts = ANSWER.size, []
    for _ in range(2):
        size, = struct.unpack_from("<H", data, at)
        texts.append(data[at + 2:at + 2 + size].decode())
        at += 2 + size
    assert at == len(data)
    return Answer(nonce, STATUS[status], kind, bool(flags & 1), psap,
                  lat / 1e9, lon / 1e9, uncertainty, confidence, at_ms,
                  *texts)


class Asker:
    """Asks as Kamailio's module does."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(30)
        self.socket.connect(path)

    def send(self, data):
        self.socket.send(data)

    def hear(self):
        return read_answer(self.socket.recv(4096))

    def ask(self, *items, **more):
        self.send(question(*items, **more))
        return self.hear()

    def close(self):
        self.socket.close()
