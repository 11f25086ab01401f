"""Real mail servers, aiosmtpd: with TLS from the first byte, with STARTTLS, and plain; all ask for a login.

    mail_servers.py CERTIFICATE KEY USER PASSWORD

Prints one line of JSON with the ports, then one for each mail it takes, until its standard input ends.
"""

import json
import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Handler:
    def __init__(self, name):
        self.name = name

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "server": self.name,
            "to": envelope.rcpt_tos,
            "starttls": session.ssl is not None,
            "login": bool(session.authenticated),
            "text": envelope.content.decode(),
        }
        print(json.dumps(mail), flush=True)
        return "250 taken"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    certificate, key, user, password = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def right(server, session, envelope, mechanism, data):
        is_right = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=is_right, handled=False)

    kinds = {
        "tls": {"ssl_context": context, "auth_require_tls": False},
        "starttls": {"tls_context": context, "require_starttls": True},
        "plain": {"auth_require_tls": False},
    }
    ports = {}
    for name, options in kinds.items():
        ports[name] = free_port()
        Controller(
            Handler(name), hostname="localhost", port=ports[name], authenticator=right, auth_required=True, **options
        ).start()
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


main()
