# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes areas of PSAPs as sidecar/psap/area_file.h reads them."""
import os
import struct


def _crc32c_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = _crc32c_table()


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xff]
    return crc ^ 0xffffffff


def square(lat, lon, size):
    """A ring whose south-west corner is there; points are (lon, lat)."""
    return [(lon, lat), (lon + size, lat), (lon + size, lat + size),
            (lon, lat + size), (lon, lat)]


def encode(areas):
    """areas: (boundary id, psap id, rings); a ring (points, is a hole)."""
    out = [b"E911PSA1", bytes(16), struct.pack("<Q", len(areas))]
    for boundary, psap, rings in areas:
        out.append(struct.pack("<QQqdI", boundary, psap, 0, 1.0, len(rings)))
        for points, is_hole in rings:
            out.append(struct.pack("<I", len(points) | is_hole << 31))
            out += [struct.pack("<dd", x, y) for x, y in points]
    data = b"".join(out)
    return data + struct.pack("<I", crc32c(data))


def write(path, areas):
    """Whole, or not at all."""
    with open(path + ".part", "wb") as out:
        out.write(encode(areas))
    os.replace(path + ".part", path)
