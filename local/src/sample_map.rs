//! Lindmatt, the town that exists nowhere: the sample map's data and mapfile, which come with the program.

use std::path::Path;
use std::{fs, io};

/// Name of the whole map, which is the root layer's in the capabilities.
pub const NAME: &str = "lindmatt";

/// Extent of the map in EPSG:2056: west, south, east, north.
pub const EXTENT: [f64; 4] = [2_599_900.0, 1_199_860.0, 2_601_600.0, 1_201_060.0];

/// The heights, as an ASCII grid.
const HEIGHTS: &str = include_str!("../demo/heights.asc");
const MAPFILE: &str = include_str!("../demo/lindmatt.map");

/// One layer: its name, its title, and its features as `GeoJSON` in EPSG:2056.
pub struct SampleLayer {
    /// What requests call it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The `GeoJSON`.
    pub features: &'static str,
}

/// The layers, from the bottom of the map to its top.
pub const LAYERS: [SampleLayer; 8] = [
    SampleLayer {
        name: "landcover",
        title: "Land cover",
        features: include_str!("../demo/landcover.geojson"),
    },
    SampleLayer {
        name: "parcels",
        title: "Parcels",
        features: include_str!("../demo/parcels.geojson"),
    },
    SampleLayer {
        name: "projects",
        title: "Building projects",
        features: include_str!("../demo/projects.geojson"),
    },
    SampleLayer {
        name: "buildings",
        title: "Buildings",
        features: include_str!("../demo/buildings.geojson"),
    },
    SampleLayer {
        name: "roads",
        title: "Roads",
        features: include_str!("../demo/roads.geojson"),
    },
    SampleLayer {
        name: "gas_pipes",
        title: "Gas pipes",
        features: include_str!("../demo/gas_pipes.geojson"),
    },
    SampleLayer {
        name: "owners",
        title: "Owners",
        features: include_str!("../demo/owners.geojson"),
    },
    SampleLayer {
        name: "places",
        title: "Places",
        features: include_str!("../demo/places.geojson"),
    },
];

/// Writes the data and a mapfile that is served at `url` into `folder`, with the configuration file that
/// `MapServer` 8 wants; returns that file's path, for `MAPSERVER_CONFIG_FILE`.
pub fn write(folder: &Path, url: &str) -> io::Result<std::path::PathBuf> {
    let name = folder
        .to_str()
        .ok_or_else(|| io::Error::other("the folder's name is not UTF-8"))?;
    for layer in LAYERS {
        fs::write(folder.join(layer.name).with_extension("geojson"), layer.features)?;
    }
    fs::write(folder.join("heights.asc"), HEIGHTS)?;
    let mapfile = folder.join("lindmatt.map");
    fs::write(&mapfile, MAPFILE.replace("@DIR@", name).replace("@URL@", url))?;
    let config = folder.join("mapserver.conf");
    // MS_MAP_NO_PATH: a client that names a map of its own finds none. MAPS: the OGC API is below the map's alias.
    let text = format!(
        "CONFIG\n  ENV\n    MS_MAPFILE \"{name}/lindmatt.map\"\n    MS_MAP_NO_PATH \"1\"\n  END\n\
         \x20 MAPS\n    {NAME} \"{name}/lindmatt.map\"\n  END\nEND\n"
    );
    fs::write(&config, text)?;
    Ok(config)
}
