#!/usr/bin/python3
"""Makes the sample map a QGIS project with a GeoPackage, for QGIS Server: every layer is served by WMS, WFS, WCS and
OGC API, and can be edited but for land cover and buildings. `qgis_project.py FOLDER`, where the GeoJSON files lie;
prints the project's path.

The tree is that of the mapfile: `cadastre` is a group of parcels and owners, the root is `lindmatt`.
"""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsLayoutItemMap,
    QgsLayoutSize,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

# From the bottom of the map to its top.
LAYERS = ["landcover", "parcels", "projects", "buildings", "roads", "gas_pipes", "owners", "places"]
GROUPS = {"parcels": "cadastre", "owners": "cadastre"}
EXTENT = (2599900, 1199860, 2601600, 1201060)
EDITED = ["parcels", "projects", "roads", "gas_pipes", "owners", "places"]


def package(folder):
    """One GeoPackage with a table for each layer; its path."""
    path = os.path.join(folder, "lindmatt.gpkg")
    for name in LAYERS:
        source = QgsVectorLayer(os.path.join(folder, f"{name}.geojson"), name, "ogr")
        assert source.isValid(), name
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", name
        # The features' own ids, so that `parcels.1` is the parcel with the id 1.
        options.layerOptions = ["FID=id"]
        if os.path.exists(path):
            options.actionOnExistingFile = QgsVectorFileWriter.CreateOrOverwriteLayer
        written = QgsVectorFileWriter.writeAsVectorFormatV3(source, path, QgsCoordinateTransformContext(), options)
        fault, text = written[:2]
        assert fault == QgsVectorFileWriter.NoError, text
    return path


def main():
    folder = sys.argv[1]
    application = QgsApplication([], False)
    application.initQgis()
    data = package(folder)
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:2056"))
    root, groups, ids, edited = project.layerTreeRoot(), {}, [], []
    for name in LAYERS:
        layer = QgsVectorLayer(f"{data}|layername={name}", name, "ogr")
        assert layer.isValid(), name
        project.addMapLayer(layer, False)
        parent = root
        if name in GROUPS:
            group = GROUPS[name]
            if group not in groups:
                groups[group] = root.insertGroup(0, group)
            parent = groups[group]
        parent.insertLayer(0, layer)
        ids.append(layer.id())
        if name in EDITED:
            edited.append(layer.id())
    entries = {
        ("WMSServiceCapabilities", "/"): True,
        ("WMSServiceTitle", "/"): "Lindmatt",
        ("WMSRootName", "/"): "lindmatt",
        ("WMSExtent", "/"): [str(value) for value in EXTENT],
        ("WMSCrsList", "/"): ["EPSG:2056", "EPSG:3857", "EPSG:4326"],
        ("WMSAddWktGeometry", "/"): True,
        ("WMTSLayers", "Project"): True,
        ("WMTSLayers", "Group"): list(GROUPS.values())[:1],
        ("WMTSLayers", "Layer"): ids,
        ("WMTSGrids", "CRS"): ["EPSG:3857"],
        ("WMTSGrids", "Config"): ["EPSG:3857,85.05,-180,559082264.029,18"],
        ("WFSLayers", "/"): ids,
        ("WFSTLayers", "Insert"): edited,
        ("WFSTLayers", "Update"): edited,
        ("WFSTLayers", "Delete"): edited,
    }
    for (scope, key), value in entries.items():
        assert project.writeEntry(scope, key, value), scope
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName("A4")
    item = QgsLayoutItemMap(layout)
    item.setId("map0")
    item.attemptResize(QgsLayoutSize(200, 150))
    item.setExtent(QgsRectangle(*EXTENT))
    layout.addLayoutItem(item)
    project.layoutManager().addLayout(layout)
    path = os.path.join(folder, "lindmatt.qgs")
    assert project.write(path)
    print(json.dumps({"project": path}))
    application.exitQgis()


if __name__ == "__main__":
    main()
