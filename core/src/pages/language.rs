//! The language of a page: `?lang=`, else the first known of `?ui_locales=` (OpenID Connect Core §3.1.2.1), else the best
//! of `Accept-Language` (RFC 9110 §12.5.4), else English.

use http::{header, request};

use crate::http::Form;

/// A language that pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// `fr`
    French,
    /// `de`
    German,
    /// `it`
    Italian,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::German, Self::Italian];

    /// The language of the request. What is not known or not readable is passed over.
    #[must_use]
    pub fn of(request: &request::Parts) -> Self {
        let asked = Form::of_query(request.uri.query()).ok();
        let asked = asked.as_ref().and_then(|query| {
            let lang = query.get("lang").and_then(Self::named);
            lang.or_else(|| query.get("ui_locales")?.split(' ').find_map(Self::named))
        });
        asked.unwrap_or_else(|| {
            let lines = request.headers.get_all(header::ACCEPT_LANGUAGE).iter();
            let ranges = lines
                .filter_map(|line| line.to_str().ok())
                .flat_map(|line| line.split(','));
            // The first of the best, where some are equal.
            let best = ranges.filter_map(weighed).fold(None, |best, next| match best {
                Some((_, weight)) if weight >= next.1 => best,
                _ => Some(next),
            });
            best.map_or(Self::English, |(language, _)| language)
        })
    }

    /// The language's tag (RFC 5646), as `lang=` has it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
        }
    }

    /// The language's own name for itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Italian => "Italiano",
        }
    }

    /// `path` with the language in its query, so that the next page has it too.
    #[must_use]
    pub fn kept(self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}lang={}", self.tag())
    }

    /// The language of a tag, whatever its region: `de-CH` is German. `None` for one that pages do not speak.
    #[must_use]
    pub fn named(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }
}

/// A range of `Accept-Language` and its weight in thousandths; none for a language unknown here or unwanted.
fn weighed(range: &str) -> Option<(Language, u16)> {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        Some(weight) => weight.trim().parse::<f32>().ok()?,
        None => 1.0,
    };
    if !(weight > 0.0 && weight <= 1.0) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1000"
    )]
    let thousandths = (weight * 1000.0).round() as u16;
    Some((Language::named(tag)?, thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str, accept: Option<&str>) -> Language {
        let mut request = http::Request::get(uri);
        if let Some(accept) = accept {
            request = request.header("accept-language", accept);
        }
        Language::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_best_known_language_is_taken() {
        for (accept, language) in [
            ("de-CH,de;q=0.9,en;q=0.8", Language::German),
            ("rm, it;q=0.3, FR;q=0.7", Language::French),
            ("en;q=0, it;q=0.1", Language::Italian),
            ("fr;q=0.5, de;q=0.5", Language::French),
            ("es, *", Language::English),
            ("de;q=nan, it;q=2, fr;q=", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(of("/login.html", Some(accept)), language, "{accept}");
        }
        assert_eq!(of("/login.html", None), Language::English);
    }

    #[test]
    fn the_query_wins_where_it_names_a_known_language() {
        assert_eq!(of("/login.html?lang=it", Some("de")), Language::Italian);
        assert_eq!(of("/login.html?lang=FR_ch", Some("de")), Language::French);
        assert_eq!(of("/login.html?lang=xx", Some("de")), Language::German);
        assert_eq!(of("/login.html?lang=%ff", Some("de")), Language::German);
        for (locales, language) in [
            ("rm%20fr-CH%20de", Language::French),
            ("it", Language::Italian),
            ("rm", Language::German),
            ("fr&lang=it", Language::Italian),
        ] {
            let path = format!("/oauth/login?ui_locales={locales}");
            assert_eq!(of(&path, Some("de")), language, "{locales}");
        }
    }
}
