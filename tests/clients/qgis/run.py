#!/usr/bin/env python3
"""Runs real QGIS Desktop without a screen against a mapgate, and prints one JSON object: what it loaded.

QGIS signs in as a person would set it up by hand: an OAuth2 configuration (its browser is `browser.py`) or a
Basic one. Layers are loaded, drawn and counted by `inside.py`.

Between QGIS and the token endpoint stands a relay. It notes each grant, and it can change how long QGIS
believes its first token to live, since a real one lives for a minute at least: with `--expires-in 1` it
refreshes.
"""

import argparse
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


def relay(token_url, expires_in, grants):
    """Serves the token endpoint on a port of its own; returns the URL."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    lock = threading.Lock()

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
            request = urllib.request.Request(token_url, body)
            for name in ("Content-Type", "Accept", "User-Agent", "Authorization"):
                if name in self.headers:
                    request.add_header(name, self.headers[name])
            try:
                answer = opener.open(request, timeout=30)
            except urllib.error.HTTPError as error:
                answer = error
            status, text = answer.status, answer.read()
            grant = {"grant_type": sent.get("grant_type"), "fields": sorted(sent), "status": status}
            with lock:
                grants.append(grant)
                first = len(grants) == 1
            if status == 200:
                told = json.loads(text)
                grant["expires_in"] = told.get("expires_in")
                if expires_in and first:
                    told["expires_in"] = expires_in
                text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/oauth/token"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="base URL of the mapgate")
    parser.add_argument("--auth", choices=["oauth2", "basic"], required=True)
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
    return parser.parse_args()


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
    grants = []
    base = options.base.rstrip("/")
    job = {
        "folder": folder,
        "auth": options.auth,
        "user": options.user,
        "password": options.password,
        "client_id": options.client_id,
        "client_secret": options.client_secret,
        "redirect_port": free_port(),
        "request_url": f"{base}/oauth/login",
        "token_url": relay(f"{base}/oauth/token", options.expires_in, grants),
        "map_url": f"{base}/mapserv_proxy?ogcserver={options.ogcserver}",
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
    return result | {"grants": grants, "browser": steps}


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
