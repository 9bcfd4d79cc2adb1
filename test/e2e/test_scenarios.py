# SPDX-License-Identifier: GPL-2.0-or-later
"""Every folder of scenarios/ against one gateway, in order."""
import pytest

from harness import Scenario


@pytest.mark.parametrize("name", Scenario.all())
def test_scenario(gateway, messages, name):
    Scenario(name).run(gateway, messages)
