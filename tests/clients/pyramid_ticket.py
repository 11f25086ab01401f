#!/usr/bin/env python3
"""Pyramid's own ticket code, as GeoMapFish uses it: makes and verifies tickets, and prints one JSON object.

    pyramid_ticket.py make SECRET USERID TIMESTAMP [TOKEN …]    → {"cookie": …}
    pyramid_ticket.py verify SECRET COOKIE [--now T] [--timeout S] [--reissue S]
        → {"userid": …, "tokens": […], "timestamp": …, "reissued": …}, or {"userid": null}

A cookie is the value as it stands in a `Cookie` header, with the quotes that Pyramid may set.
"""

import argparse
import functools
import json
import time

from pyramid.authentication import AuthTktCookieHelper
from pyramid.request import Request
from pyramid.response import Response


def helper(secret, **options):
    return AuthTktCookieHelper(secret, hashalg="sha512", cookie_name="auth_tkt", **options)


def value(set_cookie):
    return set_cookie.split(";")[0].split("=", 1)[1]


def make(options):
    maker = helper(options.secret)
    # The helper's hook for tests: its ticket class, here with a time of our choice.
    maker.AuthTicket = functools.partial(maker.AuthTicket, time=options.timestamp)
    headers = maker.remember(Request.blank("/"), options.userid, tokens=options.tokens)
    return {"cookie": value(headers[0][1])}


def verify(options):
    request = Request.blank("/")
    request.headers["Cookie"] = f"auth_tkt={options.cookie}"
    verifier = helper(options.secret, timeout=options.timeout, reissue_time=options.reissue)
    verifier.now = time.time() if options.now is None else options.now
    verifier.AuthTicket = functools.partial(verifier.AuthTicket, time=verifier.now)
    found = verifier.identify(request)
    if found is None:
        return {"userid": None}
    response = Response()
    request._process_response_callbacks(response)
    cookies = response.headers.getall("Set-Cookie")
    return {
        "userid": found["userid"],
        "tokens": [token for token in found["tokens"] if token],
        "timestamp": found["timestamp"],
        "reissued": value(cookies[0]) if cookies else None,
    }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("make")
    command.set_defaults(run=make)
    command.add_argument("secret")
    command.add_argument("userid")
    command.add_argument("timestamp", type=int)
    command.add_argument("tokens", nargs="*")
    command = commands.add_parser("verify")
    command.set_defaults(run=verify)
    command.add_argument("secret")
    command.add_argument("cookie")
    command.add_argument("--now", type=int)
    command.add_argument("--timeout", type=int)
    command.add_argument("--reissue", type=int)
    return parser.parse_args()


def main():
    options = arguments()
    print(json.dumps(options.run(options)))


if __name__ == "__main__":
    main()
