# SPDX-License-Identifier: GPL-2.0-or-later
"""What the database tells of a call, in plain lines."""


def lines(gateway, call):
    """The story of one call row of Gateway.call()."""
    rows = gateway.postgres.query(
        "SELECT extract(epoch FROM since_start) AS s, story"
        "  FROM e911.call_story WHERE call_id = %s", call["call_id"])
    return [f"{float(row['s'] or 0):7.3f} s  {row['story']}" for row in rows]


def sip_lines(message, wanted=("From", "To", "P-Asserted-Identity",
                               "Contact", "Call-ID")):
    """The start line of a message and some of its headers."""
    shown = [message.start_line]
    for name in wanted:
        shown += [f"{name}: {value}" for value in message.all(name)]
    return shown
