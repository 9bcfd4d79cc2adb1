# SPDX-License-Identifier: GPL-2.0-or-later
"""On-site screens: login, events that a page goes on from, acknowledging."""
import csv
import io
import json
import socket
import threading
import urllib.parse
import uuid

import pytest

from harness.wait import wait_until
from screen import Client, Stand

LOBBY, GATE = "Lobby", "Gate"


@pytest.fixture(name="stand")
def running(e911d, postgres):
    stand = Stand(e911d, postgres)
    e911d.start_and_wait()
    yield stand.start()
    stand.kill()


@pytest.fixture(name="lobby")
def logged_in(stand):
    client = Client(stand.port)
    client.login(stand.screen(LOBBY))
    return client


def call_id():
    return str(uuid.uuid4())


def test_a_token_opens_its_screen_and_no_other(stand):
    token = stand.screen(LOBBY)
    client = Client(stand.port)
    assert client.ask("GET", "/session")[0] == 401
    assert client.events().status == 401
    cookie = client.login(token)
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert "Path=/screen" in cookie and "Secure" not in cookie
    assert token.split("-")[1] not in cookie
    status, headers, text = client.ask("GET", "/session")
    said = json.loads(text)
    assert status == 200 and said["screen"] == LOBBY
    assert said["organization"] == "Larkspur Insurance"
    assert client.cookie != headers["Set-Cookie"].split("=", 1)[1]
    for name, value in (("X-Frame-Options", "DENY"),
                        ("X-Content-Type-Options", "nosniff"),
                        ("Referrer-Policy", "no-referrer")):
        assert headers[name] == value
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    # A changed cookie is none.
    good = client.cookie
    for place in (0, 15, 40, 70, 127):
        client.cookie = good[:place] + ("0" if good[place] != "0" else "1") \
            + good[place + 1:]
        assert client.ask("GET", "/session")[0] == 401
    client.cookie = good
    # A new token ends what the old one has opened.
    stream = client.events()
    stream.beat()
    stand.token(LOBBY)
    assert client.ask("GET", "/session")[0] == 401
    assert stream.ended.wait(10)
    client.login(token, 401)


def test_what_is_no_token_opens_nothing_and_not_for_long(stand):
    token = stand.screen(LOBBY)
    number = token.split("-")[0]
    client = Client(stand.port)
    for wrong in ("", "1", "1-", "x-1", "-1-1", "999999-" + "0" * 64,
                  number + "-" + "0" * 64, "9" * 400, "0x1-1"):
        client.login(wrong, 401)
    assert client.ask("POST", "/login", '{"token":1}')[0] == 401
    status, headers, _ = client.ask("POST", "/login", {"token": token})
    assert status == 429 and int(headers["Retry-After"]) == 6
    assert client.ask("GET", "/session")[0] == 401
    assert client.ask("POST", "/login", "{")[0] == 429


def test_only_the_page_itself_may_ask(stand, lobby):
    call = call_id()
    assert stand.post(LOBBY, call) == 0
    for more in ({"X-E911-Token": None}, {"X-E911-Token": "0" * 32},
                 {"X-E911-Token": lobby.proof[:-1]},
                 {"Sec-Fetch-Site": "cross-site"},
                 {"Sec-Fetch-Site": "same-site"}):
        for path in "/acknowledge", "/shown":
            status, _, _ = lobby.ask("POST", path, {"call": call, "id": "1"},
                                     more)
            assert status == 403, (path, more)
    assert Client(stand.port).ask("POST", "/login", {"token": "1-1"},
                                  {"X-E911-Token": None})[0] == 403
    assert lobby.ask("GET", "/acknowledge")[0] == 405
    assert lobby.ask("POST", "/acknowledge", "[", )[0] == 400
    assert lobby.ask("POST", "/acknowledge", {"call": "x"})[0] == 400
    assert lobby.ask("POST", "/acknowledge",
                     {"call": call, "note": "x" * 1001})[0] == 400
    assert lobby.ask("POST", "/shown", {"id": "-1"})[0] == 400
    assert lobby.ask("POST", "/session", {})[0] == 405
    assert lobby.ask("PUT", "")[0] == 405
    assert lobby.ask("GET", "/../e911d.conf")[0] == 404
    assert lobby.ask("GET", "/x")[0] == 404


def test_a_page_goes_on_where_it_was(stand, lobby):
    calls = [call_id() for _ in range(4)]
    assert stand.post(LOBBY, calls[0], caller_name="Zoë") == 0
    stream = lobby.events()
    first = stream.next()
    assert first["call"] == calls[0] and first["event"] == "emergency_call"
    assert first["facts"]["caller_name"] == "Zoë"
    assert stand.post(LOBBY, calls[1]) == 0
    assert stream.next()["call"] == calls[1]
    last = stream.last
    # e911d is away; what comes when it is back is told, and only that.
    assert stand.stop() == 0
    assert stream.ended.wait(5)
    stand.start()
    assert stand.post(LOBBY, calls[2]) == 0
    for stream in (lobby.events(after=last), lobby.events(last=last)):
        assert stream.next()["call"] == calls[2]
    stand.kill()  # as kill -9 does
    assert stream.ended.wait(5)
    stand.start()
    stream = lobby.events(after=last)
    assert stream.next()["call"] == calls[2]
    assert stand.post(LOBBY, calls[3]) == 0
    assert stream.next()["call"] == calls[3]
    # A page that knows what never was is told all.
    stream = lobby.events(after=9 * 10 ** 17)
    assert [stream.next()["call"] for _ in calls] == calls


def test_a_notice_is_delivered_when_a_page_shows_it(stand, lobby):
    ident = "the-very-same-id"
    assert stand.post(LOBBY, call_id(), ident=ident) == 0
    stream = lobby.events()
    stream.next()
    assert stand.post(LOBBY, call_id(), ident=ident) == 0
    assert lobby.ask("POST", "/shown", {"id": str(stream.last)})[0] == 204
    wait_until(lambda: stand.post(LOBBY, call_id(), ident=ident) == 1,
               "it is delivered")
    stream.beat()
    assert stream.is_empty()


def test_an_acknowledgement_is_seen_by_all_and_others_see_nothing(stand,
                                                                  lobby):
    gate, other = Client(stand.port), Client(stand.port)
    gate.login(stand.screen(GATE))
    other.login(stand.screen(LOBBY + " 2", "Juniper Outfitters"))
    streams = [lobby.events(), gate.events(), other.events()]
    call, away = call_id(), call_id()
    theirs = stand.organization("Juniper Outfitters")
    assert stand.post(LOBBY, call) == 0
    assert stand.post(GATE, call) == 0
    assert stand.post(LOBBY + " 2", away, organization=theirs) == 0
    # The same name in another organisation is another screen.
    assert stand.post(LOBBY + " 2", call) == 0
    for stream, seen in zip(streams, (call, call, away)):
        assert stream.next()["call"] == seen
    assert other.ask("POST", "/acknowledge", {"call": call})[0] == 404
    note = "<img src=x onerror=alert(1)>\r\nBcc: x"
    assert lobby.ask("POST", "/acknowledge",
                     {"call": call, "who": "Ann", "note": note})[0] == 204
    for stream in streams[:2]:
        entry = stream.next()
        assert entry["kind"] == "acknowledged" and entry["call"] == call
        assert entry["who"] == "Ann (Lobby)"
        assert entry["note"] == note.replace("\r\n", "  ")
    streams[2].beat()
    assert streams[2].is_empty()


def test_pages_are_so_many_and_no_more(stand, lobby):
    pages = [lobby.events() for _ in range(8)]
    for page in pages:
        page.beat()
    ninth = lobby.events()
    assert ninth.status == 503
    assert ninth.response.headers["Retry-After"] == "5"
    pages[3].close()
    page = wait_until(lambda: (p := lobby.events()).status == 200 and p,
                      "a page that went makes way for another")
    page.beat()
    # None of them takes a thread.
    with open(f"/proc/{stand.process.pid}/status", encoding="utf-8") as text:
        threads = [line for line in text if line.startswith("Threads:")]
    assert int(threads[0].split()[1]) <= 6
    assert stand.post(LOBBY, call_id()) == 0
    assert page.next()["event"] == "emergency_call"
    assert stand.stop() == 0


def test_who_does_not_read_is_left(stand, lobby):
    """What others are told does not wait for them."""
    slow = socket.create_connection(("127.0.0.1", stand.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall((f"GET /screen/events HTTP/1.1\r\nHost: a\r\nCookie: "
                  f"e911_screen={lobby.cookie}\r\n\r\n").encode())
    assert slow.recv(12) == b"HTTP/1.1 200"
    page = lobby.events()
    calls = [call_id() for _ in range(400)]
    for call in calls:
        assert stand.post(LOBBY, call, text="x" * 20000) == 0
    assert [page.next()["call"] for _ in calls] == calls

    def is_over():
        slow.settimeout(0.001)
        try:
            # Nothing is taken from it: only whether it is over is looked at.
            slow.recv(1, socket.MSG_PEEK)
            with open("/proc/net/tcp", encoding="ascii") as table:
                ports = [line.split() for line in table][1:]
            mine = f":{slow.getsockname()[1]:04X}"
            return not any(row[2].endswith(mine) and row[3] == "01"
                           for row in ports)
        except OSError:
            return True
    wait_until(is_over, "the one that does not read is left", 30)
    page.beat()
    slow.close()


CALL = """
INSERT INTO e911.call (call_id, node, service, started_at, organization_id,
                       location_id, caller_number)
SELECT %s, 'gw1', 'emergency', %s, organization_id, location_id, %s
  FROM e911.location WHERE name = %s
"""


def history(client, **query):
    status, headers, text = client.ask("GET", "/history?" + urllib.parse
                                       .urlencode(query, quote_via=urllib
                                                  .parse.quote))
    assert status == 200, text
    if query.get("format") == "csv":
        assert headers["Content-Type"].startswith("text/csv")
        assert headers["Content-Disposition"].startswith("attachment")
        return list(csv.reader(io.StringIO(text.decode())))
    return json.loads(text)


def test_calls_that_were_are_told_with_and_without_postgresql(stand, lobby,
                                                              postgres):
    calls = [call_id() for _ in range(4)]
    evil = "=cmd|' /C calc'!A0"
    for n, (call, where) in enumerate(zip(calls, (
            "Larkspur floor 3", "Larkspur floor 2", "Larkspur floor 3",
            "Juniper office"))):
        postgres.execute(CALL, call, f"2026-01-0{n + 1}T10:00:00Z",
                         evil if n == 1 else f"410{n}", where)
    postgres.execute("INSERT INTO e911.acknowledgement (acknowledgement_id,"
                     " call_id, at, who, channel, note) SELECT"
                     " gen_random_uuid(), %s, now() + n * interval '1 s',"
                     " 'Ann ' || n, 'screen', '@note ' || n"
                     " FROM generate_series(1, 2) AS n", calls[0])
    found = history(lobby)
    assert (found["source"], found["more"]) == ("postgresql", False)
    # Latest first, and none of others.
    assert [row["call"] for row in found["calls"]] == calls[2::-1]
    first = found["calls"][2]
    assert first["acknowledged_by"] == "Ann 1"
    assert first["notes"] == "@note 1; @note 2"
    assert first["started_at"] == "2026-01-01T10:00:00.000Z"
    assert first["location"] == "Larkspur floor 3"
    day = 1767225600000  # 2026-01-01
    assert [row["call"] for row in history(
        lobby, **{"from": day + 86400000, "to": day + 2 * 86400000})
        ["calls"]] == [calls[1]]
    assert [row["call"] for row in history(lobby, q="ann 2")["calls"]] == []
    assert [row["call"] for row in history(lobby, q="@NOTE")["calls"]
            ] == [calls[0]]
    assert history(lobby, q="100%_'\"; DROP")["calls"] == []
    rows = history(lobby, format="csv")
    assert rows[0][:3] == ["call", "started_at", "service"]
    assert [row[0] for row in rows[1:]] == calls[2::-1]
    assert rows[2][rows[0].index("caller_number")] == "'" + evil
    assert rows[3][rows[0].index("notes")] == "'@note 1; @note 2"
    assert {row[-1] for row in rows[1:]} == {"postgresql"}
    # A screen that hangs in a building knows of its calls.
    postgres.execute(
        "WITH b AS (INSERT INTO e911.building (organization_id, name, street,"
        " city, state) SELECT organization_id, 'b', 'Elm St', 'Ashgrove', 'WA'"
        " FROM e911.screen WHERE name = 'Lobby' RETURNING *), l AS (UPDATE"
        " e911.location l SET building_id = b.building_id, house_number = NULL,"
        " street = NULL, city = NULL, county = NULL, state = NULL,"
        " postal_code = NULL FROM b"
        " WHERE l.name = 'Larkspur floor 2')"
        " UPDATE e911.screen s SET building_id = b.building_id FROM b"
        " WHERE s.name = 'Lobby'")
    wait_until(lambda: [row["call"] for row in history(lobby)["calls"]]
               == [calls[1]], "the screen hangs in a building")
    # Without PostgreSQL: what the screen was told.
    told = call_id()
    assert stand.post(LOBBY, told, caller_name="Zoë", state="ringing",
                      caller_number="+12065550114", address=evil) == 0
    assert stand.post(LOBBY, told, "ended", state="ended") == 0
    lobby.ask("POST", "/acknowledge", {"call": told, "note": "-1+1"})
    postgres.stop()
    found = history(lobby, q="zoë")
    assert found["source"] == "log"
    row, = found["calls"]
    assert (row["call"], row["state"], row["acknowledged_by"],
            row["notes"]) == (told, "ended", LOBBY, "-1+1")
    rows = history(lobby, format="csv")
    row = dict(zip(rows[0], rows[1]))
    assert (row["address"], row["caller_number"], row["notes"],
            row["source"]) == ("'" + evil, "+12065550114", "'-1+1", "log")
    assert history(lobby, q="nobody")["calls"] == []
    postgres.start()
    wait_until(lambda: history(lobby)["source"] == "postgresql",
               "PostgreSQL tells again", 30)


def test_a_question_that_is_none_is_refused(stand, lobby):
    for query in ("q", "q=%zz", "from=x", "from=-1", "to=1e9", "format=xml",
                  "x=1", "q=" + "x" * 300, "from=" + "9" * 20):
        assert lobby.ask("GET", "/history?" + query)[0] == 400, query
    assert Client(stand.port).ask("GET", "/history")[0] == 401
    assert lobby.ask("GET", "/history", None,
                     {"Sec-Fetch-Site": "cross-site"})[0] == 403
    # Askers that leave leave nothing.
    for _ in range(40):
        connection = lobby.connect()
        connection.request("GET", "/screen/history", None, lobby.headers())
        connection.close()
    assert wait_until(lambda: lobby.ask("GET", "/history")[0] == 200,
                      "there is room for one more question")


def test_requests_of_many_at_a_time_end_well(stand, lobby):
    """Pages that come and go while notices come."""
    stop = threading.Event()
    seen = []

    def come_and_go():
        while not stop.is_set():
            page = lobby.events()
            if page.status == 200:
                page.beat()
            page.close()
        seen.append(True)

    # Before the others: those that have just left may still count, and a
    # screen has eight at most.
    page = lobby.events()
    assert page.status == 200
    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        call = call_id()
        assert stand.post(LOBBY, call) == 0
        assert page.next()["call"] == call
    stop.set()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 4
    assert stand.stop() == 0
