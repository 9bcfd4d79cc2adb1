# SPDX-License-Identifier: GPL-2.0-or-later
"""What the voice says is understood: by pocketsphinx, through G.711.

A few addresses; test/bench/speech says more of them."""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import listener                                         # noqa: E402


@pytest.mark.parametrize("address", [
    listener.Address(number=1200, before="N", street="Maple", type="Ave",
                     behind="", unit="Ste", unit_number=4,
                     city=["Seattle", "WA", "981"], postal=1),
    listener.Address(number=205, before="", street="Harbor", type="St",
                     behind="SE", unit="", unit_number=1,
                     city=["Denver", "CO", "802"], postal=49),
])
def test_an_address_is_told_from_its_near_misses(request, tmp_path, address):
    assert shutil.which("pocketsphinx_batch")
    build = os.path.realpath(request.config.getoption("--build"))
    speaker = listener.Speaker(build, str(tmp_path))
    said, heard, count = speaker.say_and_hear(address)
    assert count > 100 and heard == said
