# SPDX-License-Identifier: GPL-2.0-or-later
"""A file of addresses as e911d keeps it (sidecar/address/book_file.c)."""
import struct
import sys

import areafile

NONE = -2 ** 31
KINDS = {"county": 0, "postal": 1, "state": 2}


class Texts:
    def __init__(self):
        self.bytes = b"\0"
        self.at = {"": 0}

    def add(self, text):
        if text not in self.at:
            self.at[text] = len(self.bytes)
            self.bytes += text.encode() + b"\0"
        return self.at[text]


def entry(texts, number, psap, community, whole, parts, low, high, parity):
    """parts: pre, before, name, after, post; parity: 0 both, 1 even, 2 odd."""
    pre, before, name, after, post = (texts.add(part) for part in parts)
    return struct.pack("<QQ", number, psap) + struct.pack(
        "<13IiiI", texts.add(community), texts.add(whole), name, pre, before,
        after, post, 0, 0, 0, 0, low, high, NONE, NONE, 1 << 8 | parity)


def write(path):
    """N Mill St 100 to 198, even, in Ashgrove, WA, is PSAP 11's; King county
    is 12's, the state 13's."""
    texts = Texts()
    entries = [entry(texts, 1, 11, "US|WA|ASHGROVE", "N ML ST",
                     ("N", "", "MILL", "ST", ""), 100, 198, 1)]
    coverage = [struct.pack("<QQIiI", n, psap, texts.add(key), 100,
                            KINDS[kind])
                for n, (kind, key, psap) in enumerate(
                    [("county", "US|WA|KING", 12), ("state", "US|WA", 13)],
                    1)]
    body = (b"E911ADR1" + bytes(16)
            + struct.pack("<QQQ", len(texts.bytes), len(entries),
                          len(coverage))
            + texts.bytes + b"".join(entries) + b"".join(coverage))
    with open(path, "wb") as out:
        out.write(body + struct.pack("<I", areafile.crc32c(body)))


if __name__ == "__main__":
    write(sys.argv[1])
