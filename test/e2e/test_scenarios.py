# SPDX-License-Identifier: GPL-2.0-or-later
"""Every folder of scenarios/ against one gateway, in order."""
import pytest

from harness import Scenario


@pytest.mark.parametrize("name", [name for name in Scenario.all()
                                  if "needs" not in Scenario(name).spec])
def test_scenario(gateway, messages, name):
    Scenario(name).run(gateway, messages)
