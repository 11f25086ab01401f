//! What a WMS request asks: its parameters, the part of the world and the picture's size.

use std::collections::HashMap;

use proj4rs::Proj;
use proj4rs::adaptors::transform_xy;

/// The widest and highest picture.
const MAX_SIZE: u32 = 4096;

/// Why a request is refused: a code of WMS 1.3.0 table E.1, and a sentence.
#[derive(Debug)]
pub struct Fault {
    pub code: &'static str,
    pub text: String,
}

impl Fault {
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V111,
    V130,
}

impl Version {
    pub fn number(self) -> &'static str {
        match self {
            Self::V111 => "1.1.1",
            Self::V130 => "1.3.0",
        }
    }
}

/// The query's parameters by their names in lower case; of several, the last counts, as in `MapServer`.
pub struct Parameters(HashMap<String, String>);

impl Parameters {
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(
            pairs
                .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub fn need(&self, name: &str) -> Result<&str, Fault> {
        self.get(name)
            .ok_or_else(|| Fault::new("MissingParameterValue", format!("{name} is missing")))
    }

    /// A whole number, or `otherwise` where the parameter is absent.
    pub fn number(&self, name: &str, otherwise: u32) -> Result<u32, Fault> {
        let Some(value) = self.get(name) else {
            return Ok(otherwise);
        };
        value
            .parse()
            .map_err(|_| Fault::new("InvalidParameterValue", format!("{name} is not a number")))
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The version to answer in (WMS 1.3.0 section 6.2.4): the highest known one not above what is asked.
    pub fn version(&self) -> Version {
        match self.get("version") {
            Some(asked) if asked < "1.3" => Version::V111,
            _ => Version::V130,
        }
    }

    pub fn check_styles(&self) -> Result<(), Fault> {
        let known = self
            .get("styles")
            .unwrap_or_default()
            .split(',')
            .all(|style| matches!(style, "" | "default"));
        if known {
            Ok(())
        } else {
            Err(Fault::new(
                "StyleNotDefined",
                "each layer has its default style only",
            ))
        }
    }

    pub fn check_png(&self) -> Result<(), Fault> {
        let known = self.need("format")?.starts_with("image/png");
        if known {
            Ok(())
        } else {
            Err(Fault::new("InvalidFormat", "image/png is the only format"))
        }
    }

    /// The requester's role ids; none where the parameter is not a list of numbers.
    pub fn role_ids(&self) -> Vec<i64> {
        let ids = self
            .get("role_ids")
            .unwrap_or_default()
            .split(',')
            .map(str::parse);
        ids.collect::<Result<_, _>>().unwrap_or_default()
    }

    /// The requester's id, -1 for nobody.
    pub fn user_id(&self) -> i64 {
        self.get("user_id").and_then(|id| id.parse().ok()).unwrap_or(-1)
    }
}

/// A coordinate reference system that this server knows.
struct Crs {
    name: &'static str,
    proj: &'static str,
    /// Whether WMS 1.3.0 gives its northing first.
    north_first: bool,
}

const SWISS: &str = "+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 \
                     +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m +no_defs";
const MERCATOR: &str = "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m \
                        +nadgrids=@null +no_defs";
const DEGREES: &str = "+proj=longlat +datum=WGS84 +no_defs";

const SYSTEMS: [Crs; 4] = [
    Crs {
        name: "EPSG:2056",
        proj: SWISS,
        north_first: false,
    },
    Crs {
        name: "EPSG:3857",
        proj: MERCATOR,
        north_first: false,
    },
    Crs {
        name: "EPSG:4326",
        proj: DEGREES,
        north_first: true,
    },
    Crs {
        name: "CRS:84",
        proj: DEGREES,
        north_first: false,
    },
];

/// A part of the world and the picture that it fills.
pub struct View {
    pub width: u32,
    pub height: u32,
    /// West, south, east, north in the system asked for.
    bounds: [f64; 4],
    /// From the data's system to the one asked for; none where they are the same.
    projection: Option<(Proj, Proj)>,
    version: Version,
}

impl View {
    /// Reads `CRS` or `SRS`, `BBOX`, `WIDTH` and `HEIGHT`.
    pub fn of(parameters: &Parameters) -> Result<Self, Fault> {
        let version = parameters.version();
        let (name, code) = match version {
            Version::V111 => ("srs", "InvalidSRS"),
            Version::V130 => ("crs", "InvalidCRS"),
        };
        let asked = parameters.need(name)?;
        let system = SYSTEMS
            .iter()
            .find(|system| system.name.eq_ignore_ascii_case(asked))
            .ok_or_else(|| Fault::new(code, "the reference system is not known"))?;
        let projection = if system.proj == SWISS {
            None
        } else {
            Some((proj(SWISS)?, proj(system.proj)?))
        };
        let north_first = system.north_first && version == Version::V130;
        let bounds = bounds(parameters.need("bbox")?, north_first)?;
        let (width, height) = (parameters.number("width", 0)?, parameters.number("height", 0)?);
        if !(1..=MAX_SIZE).contains(&width) || !(1..=MAX_SIZE).contains(&height) {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!("WIDTH and HEIGHT go from 1 to {MAX_SIZE}"),
            ));
        }
        Ok(Self {
            width,
            height,
            bounds,
            projection,
            version,
        })
    }

    /// The pixel that `I` and `J` (in 1.1.1 `X` and `Y`) name.
    pub fn pixel(&self, parameters: &Parameters) -> Result<(u32, u32), Fault> {
        let names = match self.version {
            Version::V111 => ("x", "y"),
            Version::V130 => ("i", "j"),
        };
        let pixel = (
            parameters.number(names.0, u32::MAX)?,
            parameters.number(names.1, u32::MAX)?,
        );
        let inside = pixel.0 < self.width && pixel.1 < self.height;
        if inside {
            Ok(pixel)
        } else {
            Err(Fault::new("InvalidPoint", "the point is outside the picture"))
        }
    }

    /// Where a point of the data lies in the picture; none where it cannot be projected.
    pub fn place(&self, [east, north]: [f64; 2]) -> Option<(f32, f32)> {
        let (x, y) = match &self.projection {
            None => (east, north),
            Some((from, to)) => {
                let (x, y) = transform_xy(from, to, east, north).ok()?;
                // The library's angles are radians.
                if to.is_latlong() {
                    (x.to_degrees(), y.to_degrees())
                } else {
                    (x, y)
                }
            }
        };
        let [west, south, east, north] = self.bounds;
        let across = (x - west) / (east - west) * f64::from(self.width);
        let down = (north - y) / (north - south) * f64::from(self.height);
        #[expect(clippy::cast_possible_truncation, reason = "a pixel needs no more")]
        Some((across as f32, down as f32))
    }
}

fn proj(definition: &str) -> Result<Proj, Fault> {
    Proj::from_proj_string(definition).map_err(|fault| Fault::new("", fault.to_string()))
}

/// West, south, east and north of a `BBOX`.
fn bounds(bbox: &str, north_first: bool) -> Result<[f64; 4], Fault> {
    let numbers: Result<Vec<f64>, _> = bbox.split(',').map(|number| number.trim().parse()).collect();
    let numbers: Option<[f64; 4]> = numbers.ok().and_then(|numbers| numbers.try_into().ok());
    let Some([a, b, c, d]) = numbers else {
        return Err(Fault::new("InvalidParameterValue", "BBOX is not four numbers"));
    };
    let [west, south, east, north] = if north_first { [b, a, d, c] } else { [a, b, c, d] };
    let is_area =
        west < east && south < north && [west, south, east, north].iter().all(|side| side.is_finite());
    if is_area {
        Ok([west, south, east, north])
    } else {
        Err(Fault::new("InvalidParameterValue", "BBOX is empty"))
    }
}
