"""Runs inside QGIS Desktop (`qgis --code`): loads the layers, draws them, and writes what happened.

MAPGATE_QGIS holds the job as JSON: see `run.py`.
"""

import glob
import json
import os
import time
import traceback

from qgis.core import (
    QgsApplication,
    QgsAuthMethodConfig,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsOwsConnection,
    QgsRasterLayer,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.gui import QgsManageConnectionsDialog
from qgis.PyQt.QtCore import QCoreApplication, QEventLoop, QSize, QTimer
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QApplication, QDialog

# Seven letters or digits, as QGIS makes them.
CONFIG = "mapgate"


def auth_config(job):
    """The authentication configuration, as the dialog would store it."""
    manager = QgsApplication.authManager()
    manager.setMasterPassword("master", True)
    if job["auth"] == "basic":
        config = QgsAuthMethodConfig("Basic")
        config.setConfig("username", job["user"])
        config.setConfig("password", job["password"])
        config.setConfig("realm", "")
    else:
        config = QgsAuthMethodConfig("OAuth2")
        # QGIS 3.22 refuses the whole object when it holds a key that it does not know.
        config.setConfig("oauth2config", json.dumps({
            "accessMethod": 0,
            "apiKey": "",
            "clientId": job["client_id"],
            "clientSecret": job["client_secret"],
            "configType": 1,
            "description": "",
            "grantFlow": 0,
            "id": "",
            "name": "mapgate",
            "password": "",
            "persistToken": False,
            "queryPairs": {},
            "redirectPort": job["redirect_port"],
            "redirectUrl": "",
            "refreshTokenUrl": "",
            "requestTimeout": job["timeout"],
            "requestUrl": job["request_url"],
            "scope": "",
            "tokenUrl": job["token_url"],
            "username": "",
            "version": 1,
        }))
    config.setName("mapgate")
    config.setId(CONFIG)
    if not manager.storeAuthenticationConfig(config)[0]:
        raise RuntimeError("QGIS did not store the authentication configuration")
    return config.id()


def wms(job, authcfg):
    # In a WMS URI the inner query is percent-encoded. Maps are asked there too, and not where the capabilities say.
    url = job["wms_url"].replace("=", "%3D").replace("&", "%26")
    uri = (
        f"IgnoreGetMapUrl=1&authcfg={authcfg}&contextualWMSLegend=0&crs={job['crs']}&dpiMode=7&featureCount=10&format=image/png"
        f"&layers={job['wms_layer']}&styles=&url={url}"
    )
    return QgsRasterLayer(uri, "wms", "wms")


def wfs(job, authcfg):
    uri = (
        f"authcfg='{authcfg}' pagingEnabled='true' preferCoordinatesForWfsT11='false' "
        f"restrictToRequestBBOX='0' srsname='{job['crs']}' typename='{job['wfs_layer']}' "
        f"url='{job['map_url']}' version='auto'"
    )
    return QgsVectorLayer(uri, "wfs", "WFS")


def imported(job, result):
    """Imports files as a person does, by QGIS's own code, and gives the layers. What QGIS then knows goes into the result.

    A connections file says nothing of the authentication (QGIS writes none there, and reads none): like a person, this
    chooses it for the connection afterwards.
    """
    manager = QgsApplication.authManager()
    manager.setMasterPassword("master", True)
    # Twice, as one who has a newer file does.
    for file in 2 * sorted(glob.glob(os.path.join(job["files"], "qgis-authentication*.xml"))):
        if not manager.importAuthenticationConfigsFromXml(file, "", True):
            raise RuntimeError(f"QGIS did not take {file}")
    result["authentications"] = {}
    for known in manager.configIds():
        config = QgsAuthMethodConfig()
        manager.loadAuthenticationConfig(known, config, True)
        told = json.loads(config.config("oauth2config"))
        result["authentications"][config.name()] = {"id": known, "method": config.method(), "config": told}
        if told["clientId"] == job["client_id"]:
            authcfg = known
    types = {"WMS": QgsManageConnectionsDialog.WMS, "WFS": QgsManageConnectionsDialog.WFS}
    uris = {}
    for service, kind in types.items():
        mode = QgsManageConnectionsDialog.Import
        file = os.path.join(job["files"], f"qgis-{service.lower()}.xml")
        dialog = QgsManageConnectionsDialog(None, mode, kind, file)
        dialog.selectAll()
        dialog.doExportImport()
        names = QgsOwsConnection.connectionList(service)
        urls = {name: QgsOwsConnection(service, name).uri().param("url") for name in names}
        result[f"{service.lower()}_connections"] = urls
        name = next(name for name in names if urls[name].endswith(f"={job['ogcserver']}"))
        QgsSettings().setValue(f"qgis/{service}/{name}/authcfg", authcfg)
        uris[service] = QgsOwsConnection(service, name).uri()
    layer = {"layers": job["wms_layer"], "styles": "", "format": "image/png", "crs": job["crs"]}
    for name, value in layer.items():
        uris["WMS"].setParam(name, value)
    uris["WFS"].setParam("typename", job["wfs_layer"])
    uris["WFS"].setParam("srsname", job["crs"])
    return (
        lambda: QgsRasterLayer(bytes(uris["WMS"].encodedUri()).decode(), "wms", "wms"),
        lambda: QgsVectorLayer(uris["WFS"].uri(False), "wfs", "WFS"),
    )


def draw(layer, job, name):
    """Draws the layer on white; the number of pixels that are not, and of colours."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setOutputSize(QSize(400, 280))
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(*job["extent"]))
    work = QgsMapRendererParallelJob(settings)
    loop = QEventLoop()
    work.finished.connect(loop.quit)
    work.start()
    loop.exec_()
    image = work.renderedImage()
    image.save(os.path.join(job["folder"], f"{name}.png"))
    pixels = [image.pixel(x, y) for x in range(image.width()) for y in range(image.height())]
    painted = sum(1 for pixel in pixels if pixel & 0xFFFFFF != 0xFFFFFF)
    return {"painted": painted, "colours": len(set(pixels)), "errors": [e.message for e in work.errors()]}


def wait(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QCoreApplication.processEvents()
        time.sleep(0.05)


def load(job, result):
    if job["files"]:
        raster_layer, vector_layer = imported(job, result)
    else:
        authcfg = auth_config(job)
        raster_layer, vector_layer = (lambda: wms(job, authcfg)), (lambda: wfs(job, authcfg))
    raster = raster_layer()
    result["wms"] = {"valid": raster.isValid(), "error": raster.error().message()}
    if raster.isValid():
        result["wms"].update(draw(raster, job, "wms"))
    vector = vector_layer()
    result["wfs"] = {"valid": vector.isValid(), "error": vector.error().message()}
    if vector.isValid():
        result["wfs"]["features"] = sum(1 for _ in vector.getFeatures())
        result["wfs"].update(draw(vector, job, "wfs"))
    if job["wait"] and raster.isValid():
        wait(job["wait"])
        raster.dataProvider().reloadData()
        result["wms_after"] = draw(raster, job, "wms_after")


def cancel_dialogs(result):
    """Presses Cancel, as nobody is there who could, and notes what was asked."""
    dialog = QApplication.activeModalWidget()
    if isinstance(dialog, QDialog):
        result["dialogs"].append(dialog.windowTitle())
        dialog.reject()


def main():
    job = json.loads(os.environ["MAPGATE_QGIS"])
    result = {"messages": [], "dialogs": []}
    QgsApplication.messageLog().messageReceived.connect(
        lambda text, tag, level: result["messages"].append(f"{tag}: {text}")
    )
    timer = QTimer()
    timer.timeout.connect(lambda: cancel_dialogs(result))
    timer.start(200)
    try:
        load(job, result)
    except Exception:  # the launcher reports it
        result["fault"] = traceback.format_exc()
    with open(os.path.join(job["folder"], "result.json"), "w", encoding="utf-8") as file:
        json.dump(result, file)
    # Without asking whether to save the project.
    os._exit(0)


QTimer.singleShot(0, main)
