#!/usr/bin/env python3
"""Stands in for the system's browser: signs in at the authorize URL that QGIS opens.

QGIS calls it as `xdg-open URL`. It does what a person does: opens the page, fills the form in, follows the
redirects, the last of which goes to the port that QGIS listens on. MAPGATE_QGIS holds the name and the
password. What it saw goes to the file `browser.jsonl` beside that, one line a step.
"""

import http.cookiejar
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser


class Form(HTMLParser):
    """The first form of the page that has a password field."""

    def __init__(self):
        super().__init__()
        self.action, self.fields, self.found = None, {}, False
        self._inside = False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form" and not self.found:
            self.action, self.fields, self._inside = attrs.get("action") or "", {}, True
        elif tag == "input" and self._inside and attrs.get("name"):
            self.fields[attrs["name"]] = attrs.get("value") or ""
            self.found = self.found or attrs.get("type") == "password"

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False


def main():
    job = json.loads(os.environ["MAPGATE_QGIS"])
    log = open(os.path.join(job["folder"], "browser.jsonl"), "a", encoding="utf-8")

    def note(**step):
        print(json.dumps(step), file=log, flush=True)

    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    )
    url = sys.argv[1]
    note(open=url)
    try:
        page = opener.open(url, timeout=20)
        form = Form()
        form.feed(page.read().decode())
        note(status=page.status, url=page.url, fields=sorted(form.fields))
        if not form.found:
            return
        form.fields.update(login=job["user"], password=job["password"])
        action = urllib.parse.urljoin(page.url, form.action)
        body = urllib.parse.urlencode(form.fields).encode()
        answer = opener.open(urllib.request.Request(action, body), timeout=20)
        note(status=answer.status, url=answer.url.split("?")[0])
    except urllib.error.HTTPError as error:
        note(status=error.code, url=error.url.split("?")[0])


if __name__ == "__main__":
    main()
