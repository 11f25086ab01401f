//! A QR code (ISO/IEC 18004) as an SVG path.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};

/// A QR code.
pub struct Qr {
    /// The `d` of an SVG path, a unit a module, without a quiet zone: what it draws is dark. As secret as the text.
    pub path: String,
    /// The side in modules.
    pub size: usize,
}

impl Qr {
    /// The code of a text; `None` where it is too long for one (more than 2953 bytes).
    ///
    /// ```
    /// let qr = mapgate_login::qr::Qr::of("otpauth://totp/a:jane?secret=GEZDGNBVGY3TQOJQ").unwrap();
    /// assert!(qr.path.starts_with("M0 0h7v1h-7z"));
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        // A screen is never dirty: what matters is that the modules are large.
        let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
        let mut path = String::new();
        for y in 0..code.size {
            let row = &code[y];
            let mut x = 0;
            while x < code.size {
                let run = row.iter().skip(x).take_while(|module| module.value()).count();
                if run > 0 {
                    // Cannot fail: it writes into memory.
                    write!(path, "M{x} {y}h{run}v1h-{run}z").ok()?;
                }
                x += run + 1;
            }
        }
        Some(Self {
            path,
            size: code.size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path draws.
    fn drawn(qr: &Qr) -> Vec<Vec<bool>> {
        let mut modules = vec![vec![false; qr.size]; qr.size];
        for run in qr.path.split('M').skip(1) {
            let (at, rest) = run.split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            assert_eq!(rest, format!("{length}v1h-{length}z"));
            for module in &mut modules[y][x..x + length] {
                assert!(!*module, "no module is drawn twice");
                *module = true;
            }
        }
        modules
    }

    #[test]
    fn the_path_draws_every_dark_module_and_no_other() {
        let text = "otpauth://totp/My%20geoportal:jane?secret=GEZDGNBVGY3TQOJQ&issuer=My%20geoportal";
        let qr = Qr::of(text).unwrap();
        let code = QRBuilder::new(text).ecl(ECL::L).build().unwrap();
        let drawn = drawn(&qr);
        assert_eq!(qr.size, code.size);
        for (y, row) in drawn.iter().enumerate() {
            let dark: Vec<bool> = code[y].iter().map(|module| module.value()).collect();
            assert_eq!(*row, dark, "row {y}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_gives_none() {
        assert!(Qr::of(&"x".repeat(2953)).is_some());
        assert!(Qr::of(&"x".repeat(2954)).is_none());
    }
}
