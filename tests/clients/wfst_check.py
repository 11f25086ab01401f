#!/usr/bin/python3
"""Edits a WFS layer with real QGIS, as a person at the desktop would, and prints one JSON object: what QGIS takes the
layer for, and what became of each edit.

    wfst_check.py MAP_URL TYPENAME [--version V] [--basic USER PASSWORD]

One feature is added, changed and taken away again.
"""

import argparse
import itertools
import json
import os
import tempfile

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsDataSourceUri,
    QgsFeature,
    QgsGeometry,
    QgsVectorDataProvider,
    QgsVectorLayer,
)


STEP = itertools.count()


def opened(options):
    uri = QgsDataSourceUri()
    # QGIS keeps what it has read of an address; under another one it reads anew.
    separator = "&" if "?" in options.url else "?"
    uri.setParam("url", f"{options.url}{separator}step={next(STEP)}")
    uri.setParam("typename", options.typename)
    uri.setParam("version", options.version)
    uri.setParam("srsname", "EPSG:2056")
    if options.basic:
        uri.setUsername(options.basic[0])
        uri.setPassword(options.basic[1])
    return QgsVectorLayer(uri.uri(False), options.typename, "WFS")


def can(layer):
    able = layer.dataProvider().capabilities()
    return {
        "add": bool(able & QgsVectorDataProvider.AddFeatures),
        "change": bool(able & QgsVectorDataProvider.ChangeAttributeValues),
        "delete": bool(able & QgsVectorDataProvider.DeleteFeatures),
    }


def named(options, name):
    """The layer, read anew, and its features of that name."""
    layer = opened(options)
    return layer, [feature for feature in layer.getFeatures() if feature["name"] == name]


def committed(layer, edit):
    """Whether an edit arrived, and else what QGIS said of it."""
    if not layer.startEditing():
        return "cannot be edited"
    edit()
    if layer.commitChanges():
        return True
    said = "; ".join(layer.commitErrors())
    layer.rollBack()
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("typename")
    parser.add_argument("--version", default="1.1.0")
    parser.add_argument("--basic", nargs=2, metavar=("USER", "PASSWORD"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        application = QgsApplication([], False, folder)
        application.initQgis()
        found = edits(options)
        print(json.dumps(found))
        application.exitQgis()


def edits(options):
    layer = opened(options)
    if not layer.isValid():
        return {"valid": False}
    found = {"valid": True, "can": can(layer), "before": len(list(layer.getFeatures()))}
    feature = QgsFeature(layer.fields())
    feature["name"] = "Neuer Weg <&>"
    feature.setGeometry(QgsGeometry.fromWkt("LINESTRING(2600000 1200000, 2600100 1200100)"))
    found["added"] = committed(layer, lambda: layer.addFeature(feature))
    layer, fresh = named(options, "Neuer Weg <&>")
    found["found"] = len(fresh)
    if fresh:
        index = layer.fields().indexOf("name")
        found["changed"] = committed(layer, lambda: layer.changeAttributeValue(fresh[0].id(), index, "Alter Weg"))
        layer, old = named(options, "Alter Weg")
        found["renamed"] = len(old)
        found["deleted"] = committed(layer, lambda: layer.deleteFeature(old[0].id())) if old else "not there"
    found["after"] = len(list(opened(options).getFeatures()))
    return found


if __name__ == "__main__":
    main()
