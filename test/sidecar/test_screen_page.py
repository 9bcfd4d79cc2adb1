# SPDX-License-Identifier: GPL-2.0-or-later
"""The on-site screen in a real browser."""
import uuid

import pytest

from browser import Driver
from harness.wait import wait_until
from screen import Stand

HOSTILE = [
    "<script>window.hit=1</script>", "<img src=x onerror=window.hit=1>",
    "\"><svg onload=window.hit=1>", "javascript:window.hit=1",
    "'-window.hit=1-'", "</dd><iframe src=javascript:window.hit=1>",
    "${window.hit=1}{{window.hit=1}}", "<!--", "&lt;b&gt;",
    "<a href=//evil.example>x</a>", "\u202egnp.exe", "\u2028\u2029\u0001\x1b[2J",
    "<style>*{display:none}</style>", "<base href=//evil.example>",
    "<template><script>window.hit=1</script></template>", "x" * 1000]


@pytest.fixture(scope="module", name="driver")
def started(tmp_path_factory):
    driver = Driver(str(tmp_path_factory.mktemp("chromium")))
    yield driver
    driver.close()


@pytest.fixture(name="stand")
def running(e911d, postgres):
    stand = Stand(e911d, postgres)
    e911d.start_and_wait()
    yield stand.start()
    stand.kill()


def call_id():
    return str(uuid.uuid4())


def log_in(browser, stand, token):
    browser.go(f"http://127.0.0.1:{stand.port}/screen")
    wait_until(lambda: browser.is_shown("#token"), "the page asks for a token")
    browser.type("#token", token)
    browser.click("#login button")
    connected(browser)
    # It asked first whether it has a session still.
    assert all("/session" in line["message"] for line in browser.console())


def connected(browser, timeout=30):
    wait_until(lambda: browser.text("#state") == "connected",
               "the page is connected", timeout)


def plays(browser):
    return browser.run(
        "const a = document.getElementById('alarm');"
        "return !a.paused && !a.muted && a.volume === 1 && a.currentTime > 0")


def card(call):
    return f"#call-{call}"


def test_a_call_is_seen_heard_and_taken_over(driver, stand):
    """Two screens: what is done on one is seen on both."""
    lobby, gate = driver.open(), driver.open()
    log_in(lobby, stand, stand.screen("Lobby"))
    log_in(gate, stand, stand.screen("Gate"))
    assert not lobby.is_shown("#sound-off") and not lobby.is_shown("#offline")
    assert lobby.is_shown("#no-calls")
    call = call_id()
    for screen in "Lobby", "Gate":
        assert stand.post(screen, call, caller_name="Ann Lee",
                          caller_number="4102", floor="3", room="310",
                          callback_number="+12065550114",
                          address="100 Mill St, Ashgrove", state="ringing",
                          latitude=47.6119, longitude=-122.3372) == 0
    for page in lobby, gate:
        wait_until(lambda p=page: p.is_shown(card(call)), "the call is shown")
        wait_until(lambda p=page: plays(p), "the alarm is heard")
        shown = page.text(card(call))
        for words in ("EMERGENCY CALL", "Ann Lee", "4102", "+12065550114",
                      "100 Mill St, Ashgrove", "310", "47.611900, -122.337200",
                      "ringing"):
            assert words in shown, shown
        assert "alarm" in page.run("return document.querySelector("
                                   "arguments[0]).className", card(call))
        assert "Ann Lee" in page.run("return document.getElementById('said')"
                                     ".textContent")
    # The pages have said that they show it.
    ident = "shown-or-not-id!"
    assert stand.post("Lobby", call, "answered", ident=ident) in (0, 1)
    wait_until(lambda: stand.post("Lobby", call, "answered", ident=ident) == 1,
               "the page confirms that it shows it")
    wait_until(lambda: "answered" in lobby.text(card(call)), "it is answered")
    # With the keyboard alone.
    lobby.run("document.querySelector(arguments[0]).focus()",
              card(call) + " .who")
    lobby.press("Ann\ue004on my way\ue004")
    assert lobby.focused() == "ack"
    lobby.press("\ue007")
    for page in lobby, gate:
        wait_until(lambda p=page: "Acknowledged by Ann (Lobby)" in
                   p.text(card(call)), "who has acknowledged is seen")
        assert "on my way" in page.text(card(call) + " .notes")
        wait_until(lambda p=page: not plays(p), "the alarm ends")
        assert not page.console()
    for page in lobby, gate:
        page.close()


def test_hostile_words_are_words(driver, stand):
    page = driver.open()
    log_in(page, stand, stand.screen("Lobby"))
    before = page.run("return document.querySelectorAll('*').length")
    names = ("caller_name", "caller_number", "callback_number", "address",
             "building", "floor", "unit", "room", "location", "info", "device",
             "psap", "elin", "place", "state_words", "event_words")
    calls = []
    for words in HOSTILE:
        call = call_id()
        calls.append(call)
        assert stand.post("Lobby", call, subject=words, text=words,
                          **{name: words for name in names}) == 0
        assert stand.post("Lobby", subject=words, event="trunk_down") == 0
    wait_until(lambda: page.is_shown(card(calls[-1])), "all are shown")
    for call, words in zip(calls, HOSTILE):
        assert page.run(
            "return [...document.querySelectorAll(arguments[0] + ' dd')]"
            ".map((e) => [e.childElementCount, e.textContent])",
            card(call)) == [[0, words]] * 14, words
    page.type(card(calls[0]) + " .note", HOSTILE[0])
    page.type(card(calls[0]) + " .who", HOSTILE[1])
    page.click(card(calls[0]) + " .ack")
    wait_until(lambda: HOSTILE[0] in page.text(card(calls[0]) + " .notes"),
               "the note is shown")
    assert HOSTILE[1] in page.text(card(calls[0]) + " .acknowledged")
    assert page.run("return window.hit === undefined")
    assert page.run("return document.querySelectorAll('script,iframe,img,base,"
                    "style').length") == 1
    assert page.run("return document.querySelectorAll('*').length") > before
    assert not page.console()
    # In the history, too; PostgreSQL has none of it, the log has.
    stand.postgres.stop()
    page.click("#show-history")
    wait_until(lambda: "DATABASE IS AWAY" in page.text("#history-remark"),
               "it is told that the database is away", 30)
    page.type("#words", HOSTILE[6])
    page.click("#history-form button")
    wait_until(lambda: page.text("#history-remark").startswith("1 calls"),
               "one call is found")
    assert HOSTILE[6] in page.text("#history-rows")
    assert page.run("return document.querySelectorAll("
                    "'#history-rows td > *').length") == 0
    assert page.run("return document.getElementById('csv').href.includes("
                    "'format=csv')")
    # Nothing was asked of anybody else.
    assert page.run(
        "return performance.getEntriesByType('resource').filter((r) =>"
        " new URL(r.name).origin !== location.origin).length") == 0
    # Bounded, however many come.
    for _ in range(60):
        assert stand.post("Lobby", call_id(), event="test_call") == 0
        assert stand.post("Lobby", event="trunk_down") == 0
    last = call_id()
    assert stand.post("Lobby", last) == 0
    wait_until(lambda: page.is_shown(card(last)), "the last one is shown")
    # A call brings the calls back.
    assert not page.is_shown("#history-view")
    assert page.run("return [document.querySelectorAll('.call').length,"
                    "document.querySelectorAll('#notices li').length]"
                    ) == [40, 30]
    page.close()


def test_a_page_outlives_e911d(driver, stand):
    page = driver.open()
    log_in(page, stand, stand.screen("Lobby"))
    page.run("window.mark = 1")
    old, new = call_id(), call_id()
    assert stand.post("Lobby", old) == 0
    wait_until(lambda: page.is_shown(card(old)), "the call is shown")
    stand.kill()
    wait_until(lambda: page.is_shown("#offline"), "the page says so loudly", 30)
    assert "NOT CONNECTED" in page.text("#offline")
    page.click(card(old) + " .ack")
    wait_until(lambda: "NOT ACKNOWLEDGED" in page.text(card(old)),
               "what is not done is told")
    stand.start()
    assert stand.post("Lobby", new) == 0
    connected(page, 15)
    wait_until(lambda: page.is_shown(card(new)), "what came is shown")
    assert not page.is_shown("#offline")
    assert page.run("return [window.mark,"
                    "document.querySelectorAll('.call').length]") == [1, 2]
    # Silence is no connection either.
    stand.process.send_signal(19)
    wait_until(lambda: page.is_shown("#offline"), "silence is noticed", 30)
    stand.process.send_signal(18)
    connected(page, 15)
    # After a reload nobody has touched the page: it says that it is mute.
    page.go(f"http://127.0.0.1:{stand.port}/screen")
    connected(page)
    wait_until(lambda: page.is_shown("#sound-off"), "it says that it is mute")
    page.press("x")
    wait_until(lambda: plays(page), "the alarm is heard")
    assert not page.is_shown("#sound-off")
    # A new token ends the session.
    stand.token("Lobby")
    wait_until(lambda: page.is_shown("#token"), "the page asks for a token", 30)
    wait_until(lambda: not plays(page), "a page that shows nothing is silent")
    page.close()
