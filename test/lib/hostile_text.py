# SPDX-License-Identifier: GPL-2.0-or-later
"""Texts that strangers put into names, rooms and notes, as bytes."""
import itertools

INNER = [
    "", " ", "x", "911", "Bcc: evil@example.net", "To: evil@example.net",
    "Subject: x", "Content-Type: text/html", ".", "..", "From evil",
    "RCPT TO:<evil@example.net>", "MIME-Version: 1.0", "--boundary--",
    "=?utf-8?q?Bcc:_evil@example.net?=", "=?utf-8?B?QmNjOiBldmlsQGE=?=",
    "=?utf-8?q?unfinished", "?==?", "=?=", "=20=3D=0D=0A", "%0d%0aBcc: e@x",
    "\\r\\nBcc: e@x", "${jndi:ldap://x}", "{text}{to}", "{{7*7}}", "%s%n%99x",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;&amp;",
    "</p></body></html>", "<!channel>", "<@U1>", "<https://x|y>", "*b*_i_~s~",
    "[a](https://evil)", "# h", "`code`", "\"quoted\"", "'; DROP TABLE x; --",
    "a\\", "\"", "\\\"", "{\"a\":1}", "],[", "null", "=cmd|' /C calc'!A0",
    "@SUM(1)", "+1", "-1", "<evil@example.net>", "a@b, c@d", "(comment)",
    "\u00e9\u00ea\u00eb", "Jos\u00e9 Mu\u00f1oz", "\u0442\u0440\u0435",
    "\u05d0\u05d1\u05d2", "\u0627\u0644", "\u65e5\u672c\u8a9e", "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "e\u0301\u0302\u0303",
    "\u202eevil\u202c", "\u2066x\u2069", "1\u200f2\u061c3\u200e",
    "\ufff9a\ufffb", "\U000e0001\U000e0041", "\u200b\ufeff", "\u2028\u2029",
    "\u0085", "\u009b31m", "\ufffe\uffff", "\ufffd", "\u0130\u0131\u1e9e",
    "\x1b[31m", "\x07\x08", "\x7f", "\x01\x02\x1f", "a\tb", "\u20ac^[]",
    "\u201cq\u201d\u2026\u2013", "A" * 78, "B" * 998, "\u00fc" * 400,
    "word " * 300, "=" * 200, "." * 100, "\U0001f600" * 120,
]
BYTES = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80\xed\xb0\x80", b"\xe2\x82",
         b"\xf4\x90\x80\x80", b"\x80\xbf", b"ok\xf0\x9f\x98", b"\xc3(",
         b"NUL\0Bcc: evil@example.net", b"\xef\xbb\xbfbom"]
BEFORE = [b"", b"\r\n", b"a\n", b"a\r\n\r\n", b"\n.\n", b"\r.\r", b"\r\n.\r\n",
          b"x: "]
AFTER = [b"", b"\r\n", b"\n ", b"\r\n.\r\nMAIL FROM:<e@x>\r\n"]


def strings(count=700):
    """So many different ones."""
    inner = [text.encode() for text in INNER] + BYTES
    made = {}
    for frame in itertools.product(BEFORE, AFTER):
        for one in inner:
            made[frame[0] + one + frame[1]] = None
    made = list(made)
    # Every inner one as it is, then frames all over.
    step = (len(made) - len(inner)) // (count - len(inner)) or 1
    chosen = made[:len(inner)] + made[len(inner)::step]
    assert len(chosen) >= count
    return chosen[:count]


def decoded(data):
    """As a C string: up to a NUL; a byte that is of no character is U+FFFD."""
    data, text = data.split(b"\0")[0], []
    while data:
        for size in (1, 2, 3, 4):
            try:
                text.append(data[:size].decode())
                break
            except UnicodeDecodeError:
                pass
        else:
            size = 1
            text.append("\ufffd")
        data = data[size:]
    return "".join(text)


UNWANTED = {*range(0x20), *range(0x7f, 0xa0), 0x61c, 0x200e, 0x200f,
            *range(0x2028, 0x202f), *range(0x2066, 0x206a),
            *range(0xfff9, 0xfffc), *range(0xe0000, 0xe0080)}


def line_of(data):
    """What sidecar/notify/clean.h says of a line."""
    return "".join(" " if ord(c) in UNWANTED else c for c in decoded(data))


def lines_of(data):
    """... and of lines."""
    text = decoded(data).replace("\r\n", "\n")
    for end in "\r\x85\u2028\u2029":
        text = text.replace(end, "\n")
    return "".join("\ufffd" if ord(c) in UNWANTED and c not in "\t\n" else c
                   for c in text)
