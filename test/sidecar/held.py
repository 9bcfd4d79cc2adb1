# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of e911d's location service, as a device or a server is one."""
import base64
import http.client
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCHEMAS = (os.environ.get("E911_SCHEMAS") or
           os.path.join(TOP, "..", "shared", "data", "schemas"))
HELD = "{urn:ietf:params:xml:ns:geopriv:held}"
CIVIC = "{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}"
GML = "{http://www.opengis.net/gml}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"
UUID = "91100000-0000-4000-8000-00000000000"
LARKSPUR, JUNIPER, HARBOR = UUID + "1", UUID + "2", UUID + "3"

HOSTILE_XML = {
    "entities": '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]>'
                "<a>&d;</a>",
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
              "<locationRequest>&b;</locationRequest>",
    "attributes": "<a" + "".join(f" b{n}='1'" for n in range(6000)) + "/>",
    "depth": "<a>" * 10000 + "</a>" * 1000,
    "elements": "<locationRequest>" + "<a/>" * 16000 + "</locationRequest>",
    "identities": '<locationRequest><device><ip>1</ip>' + "<ip>x</ip>" * 6000
                  + "</device></locationRequest>",
    "a long word": "<locationRequest><locationType>" + "x" * 60000
                   + "</locationType></locationRequest>",
    "zeroes": "\0" * 60000,
    "no end": "<locationRequest" + " " * 60000,
}


def request(inner="", attributes=""):
    return ('<?xml version="1.0" encoding="UTF-8"?><locationRequest xmlns='
            f'"urn:ietf:params:xml:ns:geopriv:held"{attributes}>{inner}'
            "</locationRequest>")


def device(inner):
    return f'<device xmlns="urn:ietf:params:xml:ns:geopriv:held:id">{inner}' \
        "</device>"


def validate(name, text):
    """Nothing of the schemas is in the project."""
    path = os.path.join(SCHEMAS, name)
    if not os.path.exists(path) or not shutil.which("xmllint"):
        print(f"not validated: there is no xmllint or no {path}")
        return
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", path, "-"],
        input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + text


def basic(name, secret):
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": "Basic " + pair}


def bearer(name, secret):
    return {"Authorization": f"Bearer {name}.{secret}"}


class Locator:
    """e911d with HELD on."""

    def __init__(self, e911d, postgres):
        self.e911d = e911d
        self.postgres = postgres
        self.port = 0
        self.tls = None
        self.secrets = {}
        e911d.settings.update({
            "http_listen": "127.0.0.1:0", "held": 1, "http_rate": 0,
            "held_rate": 0, "held_source_rate": 0,
            "held_uri": "https://lis.example.org:8443"})

    def secret(self, organization):
        self.secrets[organization] = self.postgres.value(
            "SELECT e911.held_secret_new(%s)", organization)
        return self.secrets[organization]

    def start(self, wait=True):
        """Back when the directory has every secret."""
        if wait:
            self.e911d.start_and_wait()
            self.settle()
        else:
            self.e911d.start()
        self.e911d.wait_log("http: listens on")
        line = [line for line in self.e911d.log_text().splitlines()
                if "http: listens on" in line][-1]
        self.port = int(line.split("port ")[1].split(",")[0])
        return self

    def settle(self):
        """Back when the directory is what the tables say now."""
        mark = self.postgres.value(
            "INSERT INTO e911.organization (e911_organization_id, name)"
            " VALUES (gen_random_uuid(), 'mark ' || gen_random_uuid())"
            " RETURNING name")
        self.e911d.wait_lines(
            lambda lines: any(mark in line for line in lines),
            "the directory is up to date")

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port,
                                               timeout=30, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def http(self, method, path, body=None, headers=None):
        """Status, headers and body of the response."""
        connection = self.connect()
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert response.headers["Cache-Control"] == "no-store"
        return response.status, response.headers, text

    def post(self, body, headers=None, path="/held", status=200):
        """The root of a document that validates."""
        got, answered, text = self.http(
            "POST", path, body,
            {"Content-Type": "application/held+xml", **(headers or {})})
        assert got == status, text
        assert answered["Content-Type"] == "application/held+xml"
        validate("held/held.xsd", text)
        root = ElementTree.fromstring(text)
        presence = root.find(PIDF + "presence")
        if presence is not None:
            validate("pidf-lo/gcs-pidflo.xsd",
                     ElementTree.tostring(presence, "unicode"))
        return root

    def ask(self, organization, inner="", attributes=""):
        return self.post(request(inner, attributes),
                         basic(organization, self.secrets[organization]))

    def json(self, body, headers=None, status=200):
        if isinstance(body, dict):
            body = json.dumps(body)
        got, answered, text = self.http(
            "POST", "/location", body,
            {"Content-Type": "application/json", **(headers or {})})
        assert got == status, text
        assert answered["Content-Type"] == "application/json"
        return json.loads(text)


def error_of(root):
    assert root.tag == HELD + "error", ElementTree.tostring(root)
    assert root.find(HELD + "message").text
    return root.get("code")


def parts(root):
    """The civic address: element -> text."""
    address = root.find(".//" + CIVIC + "civicAddress")
    return {child.tag.removeprefix(CIVIC): child.text for child in address}


def point_of(root):
    pos = root.find(".//" + GML + "pos")
    return None if pos is None else pos.text


def uri_of(root):
    """Path of the location URI, and when it ends."""
    uris = root.find(HELD + "locationUriSet")
    if uris is None:
        return None, None
    uri = uris.find(HELD + "locationURI").text
    base = "https://lis.example.org:8443"
    assert uri.startswith(base + "/held/")
    return uri.removeprefix(base), uris.get("expires")
