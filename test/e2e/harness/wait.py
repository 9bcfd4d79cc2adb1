# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for something, never for some time."""
import time


class TimedOut(AssertionError):
    """What was waited for did not come true."""


def wait_until(predicate, what, timeout=10.0, alive=()):
    """Return predicate()'s first true value.

    'what' completes "waited in vain until ...".  A process of 'alive' that
    ends meanwhile ends the wait: what it should do will not happen.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        for process in alive:
            process.check_alive()
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {timeout:g} s in vain until {what}")
        time.sleep(0.02)
