#!/usr/bin/env python3
"""Asks a mapgate with OWSLib, as an integrator's scripts do, and prints one JSON object: what each version showed.

    owslib_check.py MAP_URL --layer NAME --typename NAME --bbox W S E N [--bearer TOKEN | --basic USER PASSWORD]

A fault is part of the answer: `{"fault": "<its class>"}` in place of the layers.
"""

import argparse
import json

from owslib.util import Authentication
from owslib.wfs import WebFeatureService
from owslib.wms import WebMapService


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the proxy's URL with its ogcserver")
    parser.add_argument("--layer", required=True)
    parser.add_argument("--typename", required=True)
    parser.add_argument("--crs", default="EPSG:2056")
    parser.add_argument("--bbox", type=float, nargs=4, required=True)
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--bearer")
    who.add_argument("--basic", nargs=2, metavar=("USER", "PASSWORD"))
    return parser.parse_args()


def guarded(task):
    try:
        return task()
    except Exception as fault:
        return {"fault": type(fault).__name__, "text": str(fault)[:500]}


def main():
    options = arguments()
    access = {"timeout": 30}
    if options.bearer:
        access["headers"] = {"Authorization": f"Bearer {options.bearer}"}
    if options.basic:
        access["auth"] = Authentication(*options.basic)

    def wms(version):
        service = WebMapService(options.url, version=version, **access)
        found = {"layers": sorted(service.contents), "url": service.getOperationByName("GetMap").methods[0]["url"]}
        found["map"] = guarded(lambda: image(service))
        return found

    def image(service):
        answer = service.getmap(layers=[options.layer], styles=[""], srs=options.crs, bbox=options.bbox,
                                size=(200, 140), format="image/png")
        return {"type": answer.info()["Content-Type"], "png": answer.read()[:8] == b"\x89PNG\r\n\x1a\n"}

    def wfs(version):
        service = WebFeatureService(options.url, version=version, **access)
        found = {"types": sorted(service.contents)}
        found["features"] = guarded(lambda: features(service))
        return found

    def features(service):
        # OWSLib spells the parameter as the version does: typename or typenames.
        text = service.getfeature(typename=[options.typename], maxfeatures=5).read()
        text = text if isinstance(text, bytes) else text.encode()
        opening = f"<{options.typename}".encode()
        return text.count(opening + b">") + text.count(opening + b" ")

    print(json.dumps({
        "wms": {version: guarded(lambda: wms(version)) for version in ("1.1.1", "1.3.0")},
        "wfs": {version: guarded(lambda: wfs(version)) for version in ("1.0.0", "1.1.0", "2.0.0")},
    }))


if __name__ == "__main__":
    main()
