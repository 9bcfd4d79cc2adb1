# SPDX-License-Identifier: GPL-2.0-or-later
"""An ALI provider over HTTPS that can be made to misbehave.

It keeps records as providers do (an insert of what is there is 702, a change or
a delete of what is not is 712 and 704), remembers what it answered to each
key, and notes whether an order of a number ever came before an earlier one.
"""
import http.server
import json
import os
import random
import ssl
import threading
import time


# What e911.ali_push_form makes of an order for a provider of this kind.
FORM = {
    "body": {"account": "LARKS", "op": "{function}", "seq": "{order}",
             "tn": "{npa}-{calling_number}", "e164": "{number}",
             "data": "{record}", "zip4": "{zip_4}", "tags": ["{state}"]},
    "functions": {"I": "ADD", "C": "UPDATE", "D": "REMOVE"},
    "header": "X-Api-Version: 2", "token_header": "X-Api-Key: {token}",
    "result_member": "status", "accepted": "OK", "rejected": "NOK",
    "code_member": "why", "codes": {"NO_STREET": "709"}}


class Provider:
    def __init__(self, certificate, key, token=""):
        self.lock = threading.Lock()
        self.records, self.answers, self.last = {}, {}, {}
        self.seen = []        # (number, function, order), each the first time
        self.problems = []    # what must not be
        self.repeated = self.failed = 0
        self.token = token
        self.chaos = False    # fail, delay, forget to answer
        self.reject = None    # record -> code
        self.has_form = False # its JSON is another: FORM
        self.random = random.Random(1)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.handle(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True,
            do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}/ali"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- one request ----

    def handle(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        key = request.headers["Idempotency-Key"]
        said = request.headers.get("Authorization", "")
        if self.has_form:
            said = "Bearer " + request.headers.get("X-Api-Key", "")
            if request.headers["X-Api-Version"] != "2":
                self.problems.append("no version")
        if self.token and said != f"Bearer {self.token}":
            return self.reply(request, 401, {})
        mood = self.random.random() if self.chaos else 1.0
        if mood < 0.15:
            with self.lock:
                self.failed += 1
            return self.reply(request, 503, {"error": "busy"})
        if mood < 0.3:
            time.sleep(self.random.random() * 0.5)
        with self.lock:
            answer = self.take(key, self.order_of(json.loads(body)))
        if 0.3 <= mood < 0.5:   # taken, and nobody hears of it
            request.close_connection = True
            return request.connection.close()
        return self.reply(request, 200, self.answer_of(answer))

    def order_of(self, said):
        if not self.has_form:
            return said
        functions = {v: k for k, v in FORM["functions"].items()}
        if said["account"] != "LARKS" or "zip4" in said or \
                said["tn"] != f"{said['e164'][2:5]}-{said['e164'][5:]}":
            self.problems.append(f"{said} is not by the form")
        return {"number": said["e164"], "order": said["seq"],
                "function": functions[said["op"]], "record": said["data"]}

    def answer_of(self, answer):
        if not self.has_form:
            return answer
        if answer["result"] == "accepted":
            return {"status": "OK"}
        codes = {v: k for k, v in FORM["codes"].items()}
        return {"status": "NOK",
                "why": codes.get(answer["code"], answer["code"])}

    @staticmethod
    def reply(request, status, answer):
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    # ---- what is kept ----

    def take(self, key, order):
        number, function = order["number"], order["function"]
        if key != f"{number}-{order['order']}":
            self.problems.append(f"key {key}")
        if key in self.answers:
            self.repeated += 1
            return self.answers[key]
        if order["order"] <= self.last.get(number, 0):
            self.problems.append(f"{number}: {order['order']} came after "
                                 f"{self.last[number]}")
        self.last[number] = order["order"]
        self.seen.append((number, function, order["order"]))
        self.answers[key] = self.judge(number, function, order["record"])
        return self.answers[key]

    def judge(self, number, function, record):
        if function in "IM" and number in self.records:
            return {"result": "rejected", "code": "702"}
        if function == "C" and number not in self.records:
            return {"result": "rejected", "code": "712"}
        if function == "D" and number not in self.records:
            return {"result": "rejected", "code": "704"}
        code = self.reject(record) if self.reject and function != "D" else None
        if code:
            return {"result": "rejected", "code": code}
        if function == "D":
            del self.records[number]
        else:
            self.records[number] = record
        return {"result": "accepted"}


def make(authority, token=""):
    authority.issue("ali", "127.0.0.1")
    return Provider(os.path.join(authority.folder, "ali.pem"),
                    os.path.join(authority.folder, "ali.key"), token)
