#!/usr/bin/env python3
"""Goes through OAuth2 and OpenID Connect with Authlib, as a web application does, and prints one JSON object.

    authlib_check.py BASE_URL CLIENT_ID METHOD SECRET

METHOD is how the client authenticates: client_secret_basic, client_secret_post, or none with an empty secret. All URLs
come from the discovery document. See `browser.py` for how the user signs in.
"""

import json
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken, UserInfo
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from browser import visit
from joserfc import jwt
from joserfc.jwk import KeySet

REDIRECT = "http://127.0.0.1:7070/"
MAP = ("/mapserv_proxy?ogcserver=main&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056"
       "&BBOX=2599940,1199940,2601480,1201020&WIDTH=200&HEIGHT=140&FORMAT=image/png")


def validated(metadata):
    """What Authlib's own model says against the metadata, other than that this site has no https."""
    faults = []
    for key in OpenIDProviderMetadata.REGISTRY_KEYS:
        try:
            getattr(metadata, f"validate_{key}")()
        except ValueError as fault:
            if "https" not in str(fault):
                faults.append(f"{key}: {fault}")
    return faults


def id_token(token, nonce, client_id, metadata):
    """Verifies the ID token as Authlib's web integrations do (`OpenIDMixin.parse_id_token`)."""
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
    decoded = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    # Authlib passes over an at_hash that is not there, and over a nonce that it was not told.
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"values": [metadata["issuer"]]}, "at_hash": {"essential": True}, "nonce": {"essential": True}},
        {"nonce": nonce, "client_id": client_id, "access_token": token["access_token"], "max_age": 600},
    )
    claims.validate()
    return claims


def main():
    base, client_id, method, secret = sys.argv[1:]
    metadata = OpenIDProviderMetadata(requests.get(get_well_known_url(base, external=True), timeout=30).json())
    session = OAuth2Session(
        client_id, secret or None, token_endpoint_auth_method=method, revocation_endpoint_auth_method=method,
        scope="openid profile email map", redirect_uri=REDIRECT, code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"], default_timeout=30,
    )
    found = {"faults": validated(metadata)}

    verifier = generate_token(48) if method == "none" else None
    nonce = generate_token()
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    # It compares the state.
    token = session.fetch_token(authorization_response=visit(url), state=state, code_verifier=verifier)
    found["token"] = {name: value for name, value in token.items() if not name.endswith("_token")}
    claims = id_token(token, nonce, client_id, metadata)
    found["id_token"] = {name: claims.get(name) for name in ("sub", "aud")}
    found["userinfo"] = UserInfo(session.get(metadata["userinfo_endpoint"]).json())
    found["map"] = answer(session.get(base + MAP))

    # A token that is over is renewed unasked, before the next request.
    token["expires_at"] = 1
    found["map_after_refresh"] = answer(session.get(base + MAP))
    found["rotated"] = all(session.token[name] != token[name] for name in ("access_token", "refresh_token"))

    if method != "none":
        looked = session.introspect_token(
            metadata["introspection_endpoint"], session.token["access_token"], "access_token").json()
        found["introspection"] = {name: looked.get(name) for name in ("active", "username", "client_id", "scope")}
    revoked = session.revoke_token(metadata["revocation_endpoint"], session.token["refresh_token"], "refresh_token")
    found["revoked"] = revoked.status_code
    if method != "none":
        found["introspection_after"] = session.introspect_token(
            metadata["introspection_endpoint"], session.token["access_token"]).json()
    found["map_after_revocation"] = answer(session.get(base + MAP))
    print(json.dumps(found))


def answer(response):
    return [response.status_code, response.headers["Content-Type"], response.content[:4] == b"\x89PNG"]


if __name__ == "__main__":
    main()
