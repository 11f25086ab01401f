"""The user's browser of the scripts in this folder: the test that started the script. A line on the standard output says
what to open, a line on the standard input where the client's redirect URI was opened."""

import json


def visit(url):
    """Has the user open `url` and sign in; returns the URL that the client is called back with."""
    print(json.dumps({"open": url}), flush=True)
    return input()
