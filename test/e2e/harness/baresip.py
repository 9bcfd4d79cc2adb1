# SPDX-License-Identifier: GPL-2.0-or-later
"""baresip as a caller: a real telephone with SRTP, whose microphone is a file
and which writes down what it hears (module sndfile)."""
import glob
import json
import os
import re
import shutil
import socket

from .network import free_port
from .process import Process
from .tone import hears, read_wave, write_wave
from .wait import wait_until

# An account is read when its module is loaded: what it names comes before.
MODULES = ("g711.so", "srtp.so", "dtls_srtp.so", "aufile.so", "sndfile.so",
           "uuid.so", "menu.so", "ctrl_tcp.so", "account.so")

CONFIG = """\
poll_method epoll
sip_listen {address}:{port}
{trust}net_interface {address}
audio_source aufile,{tone}
audio_player nothing,nothing
audio_alert nothing,nothing
audio_srate 8000
audio_channels 1
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {first}-{last}
ctrl_tcp_listen {address}:{control}
snd_path {directory}
module_path {modules}
{loads}
"""


def module_path():
    found = glob.glob("/usr/lib/baresip/modules") \
        + glob.glob("/usr/lib/*/baresip/modules")
    if not found:
        raise RuntimeError("baresip is not installed: run "
                           "packaging/install-dependencies --test")
    return found[0]


class Baresip:
    """A user agent at address:port that speaks this frequency.

    media: "" for RTP, "srtp-mand" for SDES that must be, "dtls_srtp" for
    DTLS.
    trust: a file of authorities, with transport "tls" (baresip 1.0 reads it and
    goes on with any certificate).  It listens for TLS on the next port.
    answers: it takes each call at once.
    """

    def __init__(self, directory, address, port, frequency, user,
                 transport="udp", media="srtp-mand", extra="", trust=None,
                 answers=False):
        self.directory = directory
        self.address, self.control = address, free_port()
        self.user, self.transport = user, transport
        os.makedirs(directory, exist_ok=True)
        tone = os.path.join(directory, "tone.wav")
        write_wave(tone, frequency, 120)
        first = 40000 + port % 1000 * 10
        with open(os.path.join(directory, "config"), "w",
                  encoding="utf-8") as out:
            out.write(CONFIG.format(
                address=address, port=port, tone=tone, directory=directory,
                first=first, last=first + 100, control=self.control,
                modules=module_path(),
                trust=f"sip_cafile {trust}\n" if trust else "",
                loads="\n".join(f"module {m}" for m in MODULES) + "\n"
                + extra))
        mediaenc = f";mediaenc={media}" if media else ""
        mediaenc += ";answermode=auto" if answers else ""
        with open(os.path.join(directory, "accounts"), "w",
                  encoding="utf-8") as out:
            out.write(f"<sip:{user}@{address};transport={transport}>"
                      f";regint=0;audio_codecs=pcmu{mediaenc}\n")
        for name in ("contacts", "uuid"):
            with open(os.path.join(directory, name), "w",
                      encoding="utf-8") as out:
                out.write("01a2b3c4-0000-4000-8000-000000000001\n"
                          if name == "uuid" else "")
        self.log = os.path.join(directory, "baresip.log")
        self.process = self.line = None
        self.events = []

    def __enter__(self):
        program = shutil.which("baresip")
        self.process = Process(
            "baresip", [program, "-f", self.directory, "-s", "-v"], self.log,
            cwd=self.directory)
        wait_until(self._connect, "baresip listens", 30, [self.process])
        return self

    def __exit__(self, *_):
        if self.line:
            self.line.close()
        self.process.kill()

    def _connect(self):
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            line.connect((self.address, self.control))
        except OSError:
            line.close()
            return False
        self.line = line
        return True

    def command(self, name, parameters=""):
        """A netstring of JSON, as its module ctrl_tcp wants it."""
        said = json.dumps({"command": name, "params": parameters,
                           "token": "t"})
        self.line.sendall(f"{len(said)}:{said},".encode())

    def dial(self, uri):
        self.command("dial", uri)

    def log_text(self):
        return self.process.log_text()

    def said(self, pattern):
        """Is there such a line in its trace, of what it sent or received?"""
        return re.search(pattern, self.log_text()) is not None

    def heard_requests(self, method):
        """How many of this method have come."""
        return len(re.findall(rf"^{method} sip:\S*{self.user}\S* SIP/2.0|"
                              rf"^{method} sip:\S*{self.address}\S* SIP/2.0",
                              self.log_text(), re.M))

    def heard(self):
        """What has come out of its decoder so far."""
        files = sorted(glob.glob(os.path.join(self.directory,
                                              "dump-*-dec.wav")))
        return [s for name in files for s in read_wave(name)]

    def hears(self, frequency):
        return hears(self.heard(), frequency)
