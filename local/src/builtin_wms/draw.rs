//! Draws features, legends, and finds what lies under a pixel.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use super::features::{Feature, Geometry, Layer};
use super::request::{Fault, View};

/// Red, green, blue.
type Rgb = [u8; 3];

/// How a kind of feature looks: an area's colour, lines from the lowest up, a point's radius.
struct Style {
    area: Option<Rgb>,
    lines: &'static [(Rgb, f32)],
    radius: f32,
}

/// How far beside a line or point a click still counts, in pixels.
const TOLERANCE: f32 = 6.0;
/// Width and height of a legend's sample.
const SAMPLE: (u32, u32) = (28, 16);

const fn area(fill: Rgb, lines: &'static [(Rgb, f32)]) -> Style {
    Style {
        area: Some(fill),
        lines,
        radius: 0.0,
    }
}

const fn line(lines: &'static [(Rgb, f32)]) -> Style {
    Style {
        area: None,
        lines,
        radius: 0.0,
    }
}

const fn point(fill: Rgb, lines: &'static [(Rgb, f32)], radius: f32) -> Style {
    Style {
        area: Some(fill),
        lines,
        radius,
    }
}

/// The mapfile's classes of a layer: the value that selects each, and its look. The last is for all others.
fn classes(layer: &str) -> (&'static str, Vec<(&'static str, Style)>) {
    match layer {
        "landcover" => (
            "kind",
            vec![
                ("lake", area([170, 208, 230], &[([120, 170, 200], 1.0)])),
                ("forest", area([176, 208, 160], &[])),
                ("", area([205, 228, 180], &[])),
            ],
        ),
        "parcels" => ("", vec![("", area([252, 240, 205], &[([190, 120, 60], 1.0)]))]),
        "projects" => ("", vec![("", area([236, 200, 226], &[([170, 60, 140], 2.0)]))]),
        "buildings" => (
            "kind",
            vec![
                ("house", area([214, 200, 190], &[([150, 130, 120], 1.0)])),
                ("", area([200, 180, 205], &[([140, 115, 150], 1.0)])),
            ],
        ),
        "roads" => (
            "class",
            vec![
                ("main", line(&[([200, 150, 80], 8.0), ([255, 224, 150], 6.0)])),
                ("", line(&[([175, 170, 165], 6.0), ([255, 255, 255], 4.5)])),
            ],
        ),
        "gas_pipes" => (
            "pressure",
            vec![
                ("medium", line(&[([210, 40, 40], 2.5)])),
                ("", line(&[([230, 120, 40], 1.5)])),
            ],
        ),
        "owners" => ("", vec![("", point([120, 70, 40], &[], 2.5))]),
        _ => (
            "",
            vec![("", point([30, 90, 150], &[([255, 255, 255], 1.5)], 5.0))],
        ),
    }
}

fn style(layer: &Layer, feature: &Feature) -> Option<Style> {
    let (property, classes) = classes(layer.name);
    let value = feature.text(property);
    classes
        .into_iter()
        .find(|(selector, _)| selector.is_empty() || *selector == value)
        .map(|(_, style)| style)
}

/// The picture of a map, as PNG.
pub fn map<'m>(
    view: &View,
    features: impl Iterator<Item = (&'m Layer, &'m Feature)>,
    transparent: bool,
) -> Result<Vec<u8>, Fault> {
    let mut picture = pixmap(view.width, view.height)?;
    if !transparent {
        picture.fill(Color::WHITE);
    }
    for (layer, feature) in features {
        let Some(style) = style(layer, feature) else {
            continue;
        };
        if let Some(path) = path(view, (0.0, 0.0), &feature.geometry, style.radius) {
            draw(&mut picture, &path, &style, 0.0);
        }
    }
    encode(&picture)
}

/// Whether a feature lies under a pixel, or close enough: whether it would colour a picture of that pixel alone.
pub fn hits(view: &View, (column, row): (u32, u32), layer: &Layer, feature: &Feature) -> bool {
    let Some(style) = style(layer, feature) else {
        return false;
    };
    let Ok(mut picture) = pixmap(1, 1) else {
        return false;
    };
    #[expect(clippy::cast_precision_loss, reason = "a picture has at most 4096 pixels")]
    let corner = (column as f32, row as f32);
    let Some(path) = path(view, corner, &feature.geometry, style.radius) else {
        return false;
    };
    draw(
        &mut picture,
        &path,
        &style,
        if style.radius > 0.0 || style.area.is_none() {
            TOLERANCE
        } else {
            0.0
        },
    );
    picture.pixel(0, 0).is_some_and(|pixel| pixel.alpha() > 0)
}

/// A legend: one sample below the other for each class of the layers.
pub fn legend(layers: &[&Layer]) -> Result<Vec<u8>, Fault> {
    let styles: Vec<Style> = layers
        .iter()
        .flat_map(|layer| classes(layer.name).1)
        .map(|(_, style)| style)
        .collect();
    let (width, height) = SAMPLE;
    let mut picture = pixmap(width, height * u32::try_from(styles.len()).unwrap_or(1))?;
    #[expect(clippy::cast_precision_loss, reason = "a legend has a handful of samples")]
    for (index, style) in styles.iter().enumerate() {
        let (middle, right) = ((index as f32 + 0.5) * height as f32, width as f32);
        let mut sample = PathBuilder::new();
        if style.radius > 0.0 {
            sample.push_circle(right / 2.0, middle, style.radius);
        } else if style.area.is_some() {
            if let Some(rectangle) = Rect::from_xywh(3.0, middle - 5.0, right - 6.0, 10.0) {
                sample.push_rect(rectangle);
            }
        } else {
            sample.move_to(4.0, middle);
            sample.line_to(right - 4.0, middle);
        }
        if let Some(path) = sample.finish() {
            draw(&mut picture, &path, style, 0.0);
        }
    }
    encode(&picture)
}

/// The geometry's outline in the picture whose upper left corner is `corner` of the view's.
fn path(view: &View, corner: (f32, f32), geometry: &Geometry, radius: f32) -> Option<Path> {
    let place = |point: &[f64; 2]| view.place(*point).map(|(x, y)| (x - corner.0, y - corner.1));
    let mut builder = PathBuilder::new();
    let mut push = |points: &[[f64; 2]]| {
        for (index, (x, y)) in points.iter().filter_map(place).enumerate() {
            if index == 0 {
                builder.move_to(x, y);
            } else {
                builder.line_to(x, y);
            }
        }
    };
    match geometry {
        Geometry::LineString(points) => push(points),
        Geometry::Polygon(rings) => rings.iter().for_each(|ring| push(ring)),
        Geometry::Point(point) => {
            let (x, y) = place(point)?;
            builder.push_circle(x, y, radius);
        }
    }
    builder.finish()
}

/// Draws an outline with its lines wider by twice `extra`.
fn draw(picture: &mut Pixmap, path: &Path, style: &Style, extra: f32) {
    if let Some(fill) = style.area {
        picture.fill_path(path, &paint(fill), FillRule::EvenOdd, Transform::identity(), None);
    }
    let invisible: &[(Rgb, f32)] = &[([0, 0, 0], 0.0)];
    let lines = if style.lines.is_empty() && extra > 0.0 {
        invisible
    } else {
        style.lines
    };
    for (colour, width) in lines {
        let width = width + 2.0 * extra;
        let stroke = Stroke {
            width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        picture.stroke_path(path, &paint(*colour), &stroke, Transform::identity(), None);
    }
}

fn paint([red, green, blue]: Rgb) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint.anti_alias = true;
    paint
}

fn pixmap(width: u32, height: u32) -> Result<Pixmap, Fault> {
    Pixmap::new(width, height).ok_or_else(|| Fault::new("", "the picture has no size"))
}

fn encode(picture: &Pixmap) -> Result<Vec<u8>, Fault> {
    picture
        .encode_png()
        .map_err(|fault| Fault::new("", fault.to_string()))
}
