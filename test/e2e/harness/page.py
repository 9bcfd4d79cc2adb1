# SPDX-License-Identifier: GPL-2.0-or-later
"""A page of docs/platforms, played: its SQL is run, its messages are sent, and
what arrives must be what it shows.

Which blocks count is said behind the language (docs/platforms/README.md):

    sql run             run by an operator, in the order of the page
    sql none            must return no row
    sql shown           what it returns is in the text block that follows
    sh shown            what kamcmd says is in the text block that follows
    sip platform-sends  sent to the gateway from the address in its Via
    sip psap-sends      the same, by a PSAP
    sip psap-gets       what arrives at the address in its Request-URI
    sip platform-gets   what arrives at the platform
    sip platform-hears  the final reply to what the platform sent

A page has addresses of RFC 5737 and the ports of SIP; here each address is one
of the loopback block, and each port that of the run.  What arrives is turned
back into the page's words before it is compared.  "..." is what no two calls
have in common.
"""
import difflib
import os
import re
import shlex
import subprocess

from .gateway import Gateway
from .rawcaller import RawCaller
from .rawpsap import RawPsap
from .sipmessage import Message
from .streampsap import TlsPsap
from .wait import TimedOut, wait_until

FENCE = re.compile(r"^```(\w+) ([a-z-]+)\n(.*?)^```$|^```text\n(.*?)^```$",
                   re.M | re.S)
# RFC 5737
DOCUMENTED = re.compile(r"(?<![\d.])(?:192\.0\.2|198\.51\.100|203\.0\.113)"
                        r"\.\d+(?![\d.])")
FIRST_HOST = 60           # of those in the block that stand for addresses
DEFAULT_ROUTE_HOST = 250
# What documents call the gateway, and what 10-site.cfg.example its default
# route.
GATEWAY, DEFAULT_ROUTE = "192.0.2.10", "192.0.2.250"


class Differs(AssertionError):
    """What the page shows is not so."""


class BareGateway(Gateway):
    """Nothing is provisioned: a page does that."""

    def load(self):
        self.postgres.load()

    def default_route(self):
        return (f"sip:911@{self.block.address(DEFAULT_ROUTE_HOST)}:{self.port}"
                ";transport=udp")


class Block:
    """'kind': "sql run" and so on; 'shows': the text block behind it."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line
        self.shows = None


def blocks_of(path, heading=None):
    """The blocks of a page, or of what stands under one of its headings."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    start, end = 0, len(page)
    if heading:
        start = page.index(f"\n{heading}\n")
        level = heading.split(" ")[0]
        later = re.search(rf"^#{{1,{len(level)}}} ", page[start + 1 +
                                                           len(heading):],
                          re.M)
        if later:
            end = start + 1 + len(heading) + later.start()
    found = []
    for match in FENCE.finditer(page, start, end):
        if match.group(1) is None:
            if found and found[-1].kind.endswith(" shown"):
                found[-1].shows = found[-1].shows or match.group(4)
            continue
        found.append(Block(f"{match.group(1)} {match.group(2)}",
                           match.group(3),
                           page.count("\n", 0, match.start()) + 1))
    return found


def plain_sql(path):
    """(line, text) of the SQL blocks that are not marked."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    return [(page.count("\n", 0, match.start()) + 1, match.group(1))
            for match in re.finditer(r"^```sql\n(.*?)^```$", page,
                                     re.M | re.S)]


def as_operator(gateway, text):
    """What psql says to somebody who provisions."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1",
         "-d", gateway.postgres.conninfo()],
        input=text, capture_output=True, text=True, check=False,
        env={**os.environ, "PGOPTIONS": "-c role=e911_operator"})
    if done.returncode or done.stderr:
        raise Differs(done.stderr)
    return done.stdout


def same(shown, seen):
    """Is 'seen' what is shown?  Blanks count once; "..." is anything."""
    shown, seen = " ".join(shown.split()), " ".join(seen.split())
    pattern = r"\S*".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, seen) is not None


def compare(what, shown, seen):
    """Two lists of lines; raises Differs."""
    if len(shown) == len(seen) and all(map(same, shown, seen)):
        return
    raise Differs(what + ":\n" + "\n".join(difflib.unified_diff(
        shown, seen, "the page", "the gateway", lineterm="", n=99)))


class Page:
    """Plays the blocks; 'gateway' is a BareGateway that runs with TLS."""

    def __init__(self, gateway, path):
        self.gateway, self.path = gateway, path
        self.words = {GATEWAY: gateway.address, DEFAULT_ROUTE:
                      gateway.block.address(DEFAULT_ROUTE_HOST)}
        self.ports = {}        # of these, as the page writes them
        self.set = ""          # the \\set lines so far
        self.caller = self.called = self.reply = self.text = None
        # Of a platform that has a name: its address and what it shows.
        self.platform_address = self.platform_certificate = None

    # ---- words of the page, words of the run ----

    def _host(self, written):
        if written not in self.words:
            self.words[written] = self.gateway.block.address(
                FIRST_HOST + len(self.words))
        return self.words[written]

    def _port(self, host, port):
        if host == self.gateway.address:
            return str(self.gateway.tls_port if port == "5061"
                       else self.gateway.port)
        if self.ports.setdefault(host, port) != port:
            raise Differs(f"the page calls {host} at two ports")
        return str(self.gateway.port)

    def here(self, text):
        """The page's words in those of this run."""
        def replaced(match):
            host = self._host(match.group(1))
            return host + (":" + self._port(host, match.group(2))
                           if match.group(2) else "")
        return re.sub(rf"({DOCUMENTED.pattern})(?::(506[01])\b)?", replaced,
                      text)

    def there(self, text):
        """... and back.  A port of this run that stands behind no address of
        the page stays and is seen."""
        gateway = self.gateway
        for written, host in self.words.items():
            ports = {gateway.port: self.ports.get(host, "5060")}
            if host == gateway.address:
                ports = {gateway.port: "5060", gateway.tls_port: "5061"}
            for port, shown in ports.items():
                text = text.replace(f"{host}:{port}", f"{written}:{shown}")
            text = re.sub(rf"(?<![\d.]){re.escape(host)}(?![\d.])", written,
                          text)
        return text

    # ---- the blocks ----

    def play(self, blocks):
        for block in blocks:
            name = block.kind.replace(" ", "_").replace("-", "_")
            step = getattr(self, f"_{name}", None)
            if step is None:
                raise Differs(f"{self.path}:{block.line}: there is no "
                              f"'{block.kind}'")
            try:
                step(block)
            except Exception as problem:
                raise Differs(f"{self.path}:{block.line}: '{block.kind}': "
                              f"{problem}") from problem
        self.over()

    def over(self):
        """The call that is up, if one is, is hung up by the caller."""
        if self.caller and self.reply is None and self.called is None:
            raise Differs("nothing is said of what becomes of a message that "
                          "was sent")
        if self.called:
            self._hang_up()
        self.drop()

    def drop(self):
        """The peers go, whatever becomes of their call."""
        if self.called:
            self.called.__exit__(None, None, None)
        if self.caller:
            self.caller.close()
        self.caller = self.called = self.reply = self.text = None

    # ---- SQL, as somebody who provisions ----

    def _psql(self, text):
        return as_operator(self.gateway, text)

    def _sql_run(self, block):
        self.over()
        text = re.sub(r"(?m)^(\\set \w*port) 506[01]$",
                      rf"\1 {self.gateway.port}", self.here(block.text))
        self._psql(self.set + text)
        self.set += "".join(line + "\n" for line in text.splitlines()
                            if line.startswith("\\set"))
        self.gateway.read_trunks()
        self.gateway.wait_published()

    def _sql_none(self, block):
        """Soon: a name that was just entered has to be resolved first."""
        rows = []

        def none():
            rows[:] = self.there(self._psql(
                self.set + self.here(block.text))).splitlines()
            return not rows
        try:
            wait_until(none, "no row", 30, self.gateway.services())
        except TimedOut:
            compare("rows", [], rows)

    def _sql_shown(self, block):
        self.over()
        self.gateway.check_idle()
        rows = self._psql(self.set + self.here(block.text))
        compare("rows", self._table(block.shows),
                self._table(self.there(rows)))

    @staticmethod
    def _table(text):
        return [line for line in text.splitlines()
                if line.strip() and not re.fullmatch(r"[-+]+", line.strip())]

    def _sh_shown(self, block):
        words = shlex.split(self.here(block.text.replace("\\\n", "")))
        if words[0] != "kamcmd":
            raise Differs(f"{words[0]} is not run here")
        done = subprocess.run(
            ["kamcmd", "-s", f"unixs:{self.gateway.kamailio.ctl_socket}",
             *words[words.index("-s") + 2 if "-s" in words else 1:]],
            capture_output=True, text=True, check=False)
        compare("it says", block.shows.splitlines(),
                self.there(done.stdout + done.stderr).splitlines())

    # ---- messages ----

    def _sip_platform_sends(self, block):
        self._send(block)

    def _sip_psap_sends(self, block):
        self._send(block)

    def _send(self, block):
        self.over()
        head, _, body = block.text.partition("\n\n")
        # The peer must be there before it is called.
        at = re.search(r"(?im)^Via: SIP/2\.0/(\w+) ([\d.]+)(?::(\d+))?", head)
        host = self._host(at.group(2))
        tls = at.group(1) == "TLS"
        gateway = self.gateway
        self.caller = RawCaller(
            host, 0 if tls else gateway.port,
            (gateway.address, gateway.tls_port if tls else gateway.port),
            at.group(1).lower(),
            gateway.authority.client("gateway") if tls else None)
        body = self.here(body).replace("\n", "\r\n")
        head = self.here(head).replace("Content-Length: ...",
                                       f"Content-Length: {len(body)}")
        assert "..." not in head + body, "a message that is sent is whole"
        self.text = head.replace("\n", "\r\n") + "\r\n\r\n" + body

    def _sip_psap_gets(self, block):
        uri = re.search(r"@([\d.]+):\d+", block.text.splitlines()[0])
        self._arrives(block, RawPsap(self._host(uri.group(1)),
                                     self.gateway.port))

    def _sip_platform_gets(self, block):
        trunk = next(t for t in self.gateway.trunks.values()
                     if t["role"] == "origin")
        host = trunk["host"] or self.platform_address
        if trunk["transport"] == "tls":
            peer = TlsPsap(host, self.gateway.port,
                           self.gateway.authority.server(
                               self.platform_certificate))
        else:
            peer = RawPsap(host, self.gateway.port)
        self._arrives(block, peer)

    def _arrives(self, block, peer):
        self.called = peer
        self.caller.send(self.text)
        invite = peer.receive("INVITE")
        self._compare(block, invite)
        contact = getattr(peer, "contact", None)
        peer.send(peer.answer(invite,
                              **({"Contact": contact} if contact else {})))
        self.reply = self.caller.final()
        assert self.reply.status == 200, self.reply.text
        self._ask("ACK", 1)
        peer.receive("ACK")

    def _sip_platform_hears(self, block):
        if self.reply is None:
            self.caller.send(self.text)
            self.reply = self.caller.final()
            self._acknowledge()
        self._compare(block, self.reply)

    def _compare(self, block, message):
        head, _, body = self.there(message.text).partition("\r\n\r\n")
        compare("it arrives", block.text.rstrip("\n").splitlines(),
                (head + ("\r\n\r\n" + body if body else "")).rstrip()
                .splitlines())

    # ---- the rest of a call ----

    def _own(self):
        return Message(False, self.text)

    def _acknowledge(self):
        own = self._own()
        if self.reply.status >= 300:
            self.caller.send(self.caller.request(
                "ACK", start=f"ACK {own.request_uri} SIP/2.0",
                Via=own.header("Via"), From=own.header("From"),
                To=self.reply.header("To"), Call_ID=own.call_id,
                CSeq=f"{own.header('CSeq').split()[0]} ACK"))

    def _ask(self, method, add):
        own = self._own()
        number = int(own.header("CSeq").split()[0])
        target = re.search(r"<([^>]+)>", self.reply.header("Contact"))
        self.caller.send(self.caller.request(
            method, start=f"{method} {target.group(1)} SIP/2.0",
            From=own.header("From"), To=self.reply.header("To"),
            Call_ID=own.call_id,
            CSeq=f"{number + add - 1} {method}"))

    def _hang_up(self):
        self._ask("BYE", 2)
        self.called.in_dialog_200(self.called.receive("BYE"))
        while self.caller.receive().cseq_method != "BYE":
            pass
