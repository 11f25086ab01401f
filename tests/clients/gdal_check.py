#!/usr/bin/env python3
"""Asks a mapgate with GDAL's own programs and prints one JSON object: what they found.

    gdal_check.py MAP_URL --layer NAME --typename NAME --bbox W S E N [--bearer TOKEN | --basic USER:PASSWORD]
"""

import argparse
import json
import os
import re
import subprocess
import tempfile


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the proxy's URL with its ogcserver")
    parser.add_argument("--layer", required=True)
    parser.add_argument("--typename", required=True)
    parser.add_argument("--crs", default="EPSG:2056")
    parser.add_argument("--bbox", type=float, nargs=4, required=True)
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--bearer")
    who.add_argument("--basic", metavar="USER:PASSWORD")
    return parser.parse_args()


def main():
    options = arguments()
    told = {name: value for name, value in os.environ.items() if not name.startswith("GDAL_HTTP_")}
    told |= {"CPL_CURL_GZIP": "NO", "GDAL_HTTP_TIMEOUT": "30"}
    if options.bearer:
        told["GDAL_HTTP_HEADERS"] = f"Authorization: Bearer {options.bearer}"
    if options.basic:
        told["GDAL_HTTP_USERPWD"] = options.basic
    with tempfile.TemporaryDirectory(prefix="mapgate-gdal-") as folder:
        # GDAL keeps tiles and WFS schemas where it runs.
        told |= {"HOME": folder, "CPL_TMPDIR": folder}

        def call(*command):
            done = subprocess.run(command, env=told, cwd=folder, capture_output=True, text=True, timeout=90)
            return done.returncode, done.stdout + done.stderr

        code, text = call("gdalinfo", f"WMS:{options.url}&SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities")
        found = {"subdatasets": {"code": code, "layers": sorted(set(re.findall(r"LAYERS=([^&\s]+)", text)))}}

        box = ",".join(str(number) for number in options.bbox)
        source = (f"WMS:{options.url}&SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS={options.layer}"
                  f"&SRS={options.crs}&BBOX={box}&FORMAT=image/png&TILESIZE=256&OVERVIEWCOUNT=2")
        code, text = call("gdal_translate", "-q", "-of", "PNG", "-outsize", "256", "0", source, "map.png")
        found["map"] = {"code": code, "text": text[-500:]}
        if code == 0:
            _, text = call("gdalinfo", "-json", "-stats", "map.png")
            bands = json.loads(text[:text.rindex("}") + 1])["bands"]
            # A plain picture has the same value everywhere.
            found["map"]["drawn"] = any(band.get("stdDev", band.get("maximum", 0)) for band in bands)

        code, text = call("ogrinfo", "-ro", "-so", f"WFS:{options.url}", options.typename)
        count = re.search(r"Feature Count: (\d+)", text)
        found["features"] = {"code": code, "count": int(count[1]) if count else None, "text": text[-500:]}
        _, text = call("ogrinfo", "-ro", "-q", f"WFS:{options.url}")
        found["types"] = sorted(re.findall(r"^\d+: (\S+)", text, re.M))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
