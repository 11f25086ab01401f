#!/usr/bin/env python3
"""Goes through OAuth2 with requests-oauthlib, as a script or a web application does, and prints one JSON object.

    requests_oauthlib_check.py BASE_URL CLIENT_ID METHOD SECRET

METHOD is how the client authenticates: client_secret_basic, client_secret_post, or none with an empty secret. See
`browser.py` for how the user signs in.
"""

import json
import os
import sys

from browser import visit
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

REDIRECT = "http://127.0.0.1:7070/"
MAP = ("/mapserv_proxy?ogcserver=main&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056"
       "&BBOX=2599940,1199940,2601480,1201020&WIDTH=200&HEIGHT=140&FORMAT=image/png")


def main():
    base, client_id, method, secret = sys.argv[1:]
    # oauthlib's own switch for plain http.
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    token_url = f"{base}/oauth/token"
    access = {
        "client_secret_basic": {"auth": HTTPBasicAuth(client_id, secret)},
        "client_secret_post": {"include_client_id": True, "client_secret": secret},
        "none": {"include_client_id": True},
    }[method]
    # It has two ways to renew a token unasked: by what the session adds to the body, or by what each request brings.
    in_body = {} if method == "client_secret_basic" else {"client_id": client_id}
    if method == "client_secret_post":
        in_body["client_secret"] = secret
    by_header = {"client_id": client_id, "client_secret": secret} if method == "client_secret_basic" else {}
    renewed = []
    session = OAuth2Session(
        client_id, redirect_uri=REDIRECT, scope=["map", "profile"], pkce="S256" if method == "none" else None,
        auto_refresh_url=token_url, auto_refresh_kwargs=in_body, token_updater=renewed.append,
    )
    url, _ = session.authorization_url(f"{base}/oauth/authorize")
    # It compares the state, and raises where the scope is another than was asked for.
    token = session.fetch_token(token_url, authorization_response=visit(url), timeout=30, **access)
    found = {"token": {name: value for name, value in token.items() if not name.endswith("_token")}}
    found["map"] = answer(session.get(base + MAP, timeout=30))

    # Asked to, and then unasked, since the token is over.
    first = session.refresh_token(token_url, timeout=30, auth=access.get("auth"))
    session.token = dict(first, expires_in=-1, expires_at=1)
    found["map_after_refresh"] = answer(session.get(base + MAP, timeout=30, **by_header))
    tokens = [token, first, *renewed]
    found["tokens"] = [len({one[name] for one in tokens}) for name in ("access_token", "refresh_token")]
    print(json.dumps(found))


def answer(response):
    return [response.status_code, response.headers["Content-Type"], response.content[:4] == b"\x89PNG"]


if __name__ == "__main__":
    main()
