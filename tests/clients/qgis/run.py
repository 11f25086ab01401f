#!/usr/bin/env python3
"""Runs real QGIS Desktop without a screen against a mapgate, and prints one JSON object: what it loaded.

QGIS signs in as a person would set it up by hand: an OAuth2 configuration (its browser is `browser.py`) or a
Basic one, or as one who has the files of the own page (`--files`). Layers are loaded, drawn and counted by `inside.py`.

Between QGIS and the token endpoint stands a relay. It notes each grant, and it can change how long QGIS
believes its first token to live, since a real one lives for a minute at least: with `--expires-in 1` it
refreshes. Another stands before the maps: it notes each request with its token (a digest of it), and refuses the
first token once there is a second, as if its time were over.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def serve(handle):
    """Serves `handle` on a port of its own; returns the URL."""

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            status, headers, text = handle(self, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def passed_on(url, asked, body):
    """What `url` answers to the request: status, headers, body."""
    request = urllib.request.Request(url, body)
    for name in ("Content-Type", "Accept", "User-Agent", "Authorization"):
        if name in asked.headers:
            request.add_header(name, asked.headers[name])
    try:
        answer = OPENER.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    kept = ("Content-Type", "Cache-Control", "WWW-Authenticate")
    headers = {name: answer.headers[name] for name in kept if name in answer.headers}
    return answer.status, headers, answer.read()


def token_relay(token_url, expires_in, grants):
    """Stands before the token endpoint."""
    lock = threading.Lock()

    def handle(asked, body):
        sent = dict(urllib.parse.parse_qsl((body or b"").decode(), keep_blank_values=True))
        status, headers, text = passed_on(token_url, asked, body)
        grant = {"grant_type": sent.get("grant_type"), "fields": sorted(sent), "status": status}
        with lock:
            grants.append(grant)
            first = len(grants) == 1
        if status == 200:
            told = json.loads(text)
            grant.update(expires_in=told.get("expires_in"), token=digest(told["access_token"]))
            if expires_in and first:
                told["expires_in"] = expires_in
            text = json.dumps(told).encode()
        return status, headers, text

    return f"{serve(handle)}/oauth/token"


def map_relay(base, grants, maps):
    """Stands before the maps."""

    def handle(asked, body):
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(asked.path).query)
        asks = next((value for name, value in query if name.upper() == "REQUEST"), None)
        scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
        token = digest(token) if scheme == "Bearer" else None
        given = [grant["token"] for grant in grants if "token" in grant]
        if token in given[:-1]:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"', "Content-Type": "text/plain"}
            status, headers, text = 401, challenge, b"its time is over"
        else:
            status, headers, text = passed_on(base + asked.path, asked, body)
        maps.append({"request": asks, "token": token, "status": status})
        return status, headers, text

    return serve(handle)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="base URL of the mapgate")
    parser.add_argument("--auth", choices=["oauth2", "basic"])
    parser.add_argument("--files", help="folder of qgis-authentication.xml, qgis-wms.xml and qgis-wfs.xml to import")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--client-id", default="qgis")
    parser.add_argument("--client-secret", default="")
    parser.add_argument("--ogcserver", required=True)
    parser.add_argument("--wms-layer", required=True)
    parser.add_argument("--wfs-layer", required=True)
    parser.add_argument("--crs", default="EPSG:2056")
    parser.add_argument("--extent", type=float, nargs=4, required=True)
    parser.add_argument("--expires-in", type=int, help="what QGIS is told instead of the token's real life")
    parser.add_argument("--timeout", type=int, default=20, help="seconds that QGIS waits for the code")
    parser.add_argument("--wait", type=float, default=0, help="seconds, then draw the WMS layer again")
    parser.add_argument("--limit", type=float, default=120, help="seconds, then QGIS is ended")
    options = parser.parse_args()
    if not (options.auth or options.files):
        parser.error("--auth or --files")
    return options


def environment(job, folder):
    tools = os.path.join(folder, "bin")
    os.mkdir(tools)
    os.symlink(os.path.join(HERE, "browser.py"), os.path.join(tools, "xdg-open"))
    home = os.path.join(folder, "home")
    os.mkdir(home, 0o700)
    # A virtual environment's Python would hide the system's PyQt.
    told = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL")}
    return told | {
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "XDG_RUNTIME_DIR": home,
        # QGIS keeps tokens in the temporary folder, under the configuration's id: not those of another run.
        "TMPDIR": home,
        "QT_QPA_PLATFORM": "xcb",
        "MAPGATE_QGIS": json.dumps(job),
    }


def run(options, folder):
    grants, maps = [], []
    base = options.base.rstrip("/")
    job = {
        "folder": folder,
        "auth": options.auth,
        "files": options.files,
        "ogcserver": options.ogcserver,
        "user": options.user,
        "password": options.password,
        "client_id": options.client_id,
        "client_secret": options.client_secret,
        "redirect_port": free_port(),
        "request_url": f"{base}/oauth/login",
        "token_url": token_relay(f"{base}/oauth/token", options.expires_in, grants),
        "map_url": f"{base}/mapserv_proxy?ogcserver={options.ogcserver}",
        "wms_url": f"{map_relay(base, grants, maps)}/mapserv_proxy?ogcserver={options.ogcserver}",
        "wms_layer": options.wms_layer,
        "wfs_layer": options.wfs_layer,
        "crs": options.crs,
        "extent": options.extent,
        "timeout": options.timeout,
        "wait": options.wait,
    }
    command = ["xvfb-run", "-a", "qgis", "--nologo", "--noversioncheck", "--noplugins", "--profiles-path",
               os.path.join(folder, "profiles"), "--code", os.path.join(HERE, "inside.py")]
    process = subprocess.Popen(command, env=environment(job, folder), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output = process.communicate(timeout=options.limit)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        output = process.communicate()[0] + b"\nended after --limit"
    result = {"fault": "QGIS wrote no result: " + output.decode(errors="replace")[-2000:]}
    written = os.path.join(folder, "result.json")
    if os.path.exists(written):
        with open(written, encoding="utf-8") as file:
            result = json.load(file)
    browser = os.path.join(folder, "browser.jsonl")
    steps = []
    if os.path.exists(browser):
        with open(browser, encoding="utf-8") as file:
            steps = [json.loads(line) for line in file]
    return result | {"grants": grants, "maps": maps, "browser": steps}


def main():
    options = arguments()
    folder = tempfile.mkdtemp(prefix="mapgate-qgis-")
    try:
        print(json.dumps(run(options, folder)))
    finally:
        if os.environ.get("MAPGATE_KEEP"):
            print(folder, file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
