# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole gateway in a temporary directory, and SIP peers around it.

    Gateway      PostgreSQL + e911d + Kamailio on a loopback block of its own
    Sipp         one SIP peer, and the messages it saw
    Talker       one whose words stand in the scenario
    Crowd        one with many calls at once
    Scenario     a folder of ../scenarios: who calls whom, what must be seen
    story        what the database tells of a call, in plain lines

Used by ../conftest.py and by packaging/quickstart.  Everything that is
started is a child of this process, ends with it, and is ended by its number.
"""
from .crowd import Crowd
from .gateway import Gateway
from .scenario import Scenario, ScenarioFailed
from .sipp import Sipp
from . import story
from .wait import TimedOut, wait_until

__all__ = ["Crowd", "Gateway", "Scenario", "ScenarioFailed", "Sipp",
           "TimedOut", "wait_until"]
