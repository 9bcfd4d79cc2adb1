# SPDX-License-Identifier: GPL-2.0-or-later
"""A certification authority of this run alone, made with openssl."""
import datetime
import os
import ssl
import subprocess

CONFIG = """\
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""
FAR = datetime.timedelta(days=365)


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr}")


def utc(when):
    return when.strftime("%Y%m%d%H%M%SZ")


def kind_of(name):
    if name.startswith("sip:"):
        return "URI:"
    return "IP:" if name.replace(".", "").isdigit() or ":" in name else "DNS:"


class Authority:
    """Its files, and those of the certificates that it issues, are in
    'folder': ca.pem, <name>.pem, <name>.key.  Readable by everybody: they
    are worth nothing."""

    def __init__(self, folder, name="E911 demo CA"):
        self.folder, self.name = folder, name
        self.issued = 0
        os.makedirs(folder, exist_ok=True)
        self.config = self.path("openssl.cnf")
        for path, text in ((self.config, CONFIG.format(folder=folder)),
                           (self.path("index.txt"), ""),
                           (self.path("serial"), "01\n")):
            with open(path, "w", encoding="ascii") as out:
                out.write(text)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes",
                "-config", self.config, "-subj", f"/CN={name}",
                "-days", "365", "-addext",
                "basicConstraints=critical,CA:TRUE",
                "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, *names, start=None, end=None, usage=None):
        """(certificate, key): files of a certificate for these DNS names,
        addresses and URIs.  'start' and 'end' are times from now, 'usage' is
        what it is good for."""
        now = datetime.datetime.now(datetime.timezone.utc)
        key, request = self.path(f"{name}.key"), self.path(f"{name}.csr")
        extensions, out = self.path(f"{name}.ext"), self.path(f"{name}.pem")
        san = ",".join(kind_of(n) + n for n in names)
        with open(extensions, "w", encoding="ascii") as text:
            text.write("basicConstraints=CA:FALSE\n")
            if san:
                text.write(f"subjectAltName={san}\n")
            if usage:
                text.write(f"extendedKeyUsage={usage}\n")
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-config",
                self.config, "-subj", f"/CN={name}", "-keyout", key,
                "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.config,
                "-in", request, "-out", out, "-extfile", extensions,
                "-startdate", utc(now + (start or -datetime.timedelta(1))),
                "-enddate", utc(now + (end or FAR)))
        os.chmod(key, 0o644)
        return out, key

    def server(self, certificate):
        """The context of one who shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        return context

    def client(self, name=None):
        """The context of one who trusts this authority; 'name': and asks for
        a certificate of that name only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.path("ca.pem"))
        context.check_hostname = name is not None
        return context
