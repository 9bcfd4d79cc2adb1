# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, spoken to by W3C WebDriver."""
import http.client
import json
import os
import signal
import subprocess

from harness.wait import wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class WebDriverError(Exception):
    """What the driver says went wrong."""


class Driver:
    """chromedriver, and windows of one Chromium each."""

    def __init__(self, directory):
        self.directory = directory
        self.log = os.path.join(directory, "chromedriver.log")
        with open(self.log, "w", encoding="utf-8") as out:
            # A group of its own: whatever Chromium starts ends with it.
            self.process = subprocess.Popen(
                ["chromedriver", "--port=0"], stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "HOME": directory, "TMPDIR": directory})
        self.port = wait_until(self._port, "chromedriver listens", 30)
        self.count = 0

    def _port(self):
        with open(self.log, encoding="utf-8") as text:
            for line in text:
                if "started successfully on port" in line:
                    return int(line.rsplit(" ", 1)[1].strip(".\n"))
        assert self.process.poll() is None, "chromedriver has ended"
        return None

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        connection.request(method, path,
                           json.dumps(body) if method == "POST" else None,
                           {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise WebDriverError(f"{answer['error']}: {answer['message']}")
        return answer

    def open(self, *arguments):
        self.count += 1
        profile = os.path.join(self.directory, f"profile-{self.count}")
        return Browser(self, [
            "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run",
            "--disable-background-networking", "--disable-extensions",
            "--disable-component-update", "--window-size=1200,900",
            f"--user-data-dir={profile}", *arguments])

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Browser:
    def __init__(self, driver, arguments):
        self.driver = driver
        answer = driver.ask("POST", "/session", {"capabilities": {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {"args": arguments},
                "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.path = "/session/" + answer["sessionId"]

    def ask(self, method, path, body=None):
        return self.driver.ask(method, self.path + path, body)

    def go(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync",
                        {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.ask("POST", "/element", {
            "using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.find(selector)}/value",
                 {"text": text})

    def text(self, selector):
        return self.ask("GET", f"/element/{self.find(selector)}/text")

    def is_shown(self, selector):
        return self.run("const e = document.querySelector(arguments[0]);"
                        "return !!e && e.offsetParent !== null"
                        " || !!e && getComputedStyle(e).position === 'sticky'"
                        " && !e.hidden", selector)

    def focused(self):
        return self.run("return document.activeElement.id ||"
                        " document.activeElement.className")

    def press(self, keys):
        self.ask("POST", "/actions", {"actions": [{
            "type": "key", "id": "keyboard", "actions": [
                {"type": kind, "value": key} for key in keys
                for kind in ("keyDown", "keyUp")]}]})

    def console(self):
        """Severe lines of the console since the last time."""
        return [line for line in self.ask("POST", "/se/log",
                                          {"type": "browser"})
                if line["level"] == "SEVERE"]

    def close(self):
        self.ask("DELETE", "")
