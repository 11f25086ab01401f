#!/usr/bin/env python3
"""GeoMapFish's own way with URL login tokens (PyCryptodome's EAX): makes and reads them, and prints one JSON object.

    url_login.py make KEY USER PASSWORD EXPIRY [--nonce HEX]   → {"token": …}
    url_login.py read KEY TOKEN                                → {"u": …, "p": …, "t": …}, or {"u": null}
"""

import argparse
import binascii
import json

from Crypto.Cipher import AES


def make(options):
    nonce = binascii.unhexlify(options.nonce) if options.nonce else None
    cipher = AES.new(options.key.encode("ascii"), AES.MODE_EAX, nonce=nonce)
    number = float(options.expiry) if "." in options.expiry else int(options.expiry)
    content = json.dumps({"u": options.user, "p": options.password, "t": number})
    text, tag = cipher.encrypt_and_digest(content.encode("utf-8"))
    return {"token": (cipher.nonce + tag + text).hex()}


def read(options):
    data = binascii.unhexlify(options.token.encode("ascii"))
    cipher = AES.new(options.key.encode("ascii"), AES.MODE_EAX, data[0:16])
    try:
        return json.loads(cipher.decrypt_and_verify(data[32:], data[16:32]).decode("utf-8"))
    except ValueError:
        return {"u": None}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("make")
    command.set_defaults(run=make)
    command.add_argument("key")
    command.add_argument("user")
    command.add_argument("password")
    command.add_argument("expiry")
    command.add_argument("--nonce")
    command = commands.add_parser("read")
    command.set_defaults(run=read)
    command.add_argument("key")
    command.add_argument("token")
    return parser.parse_args()


def main():
    options = arguments()
    print(json.dumps(options.run(options)))


if __name__ == "__main__":
    main()
