"""Reads the QR codes of a picture, as a phone's camera does, and prints what they say.

    qr_check.py PICTURE     prints {"texts": ["…"]}
"""

import json
import sys

import zxingcpp
from PIL import Image


def main():
    with Image.open(sys.argv[1]) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    print(json.dumps({"texts": [code.text for code in found]}))


main()
