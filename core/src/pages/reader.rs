//! For whom a page is, and how the same page is had in another language.

use http::{Method, request};

use super::Language;
use crate::http::Form;

/// For whom a page is: the language, and whether the page offers the others. A [`Language`] alone offers none.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The language.
    pub language: Language,
    /// The query of the page's own address; none where asking for it again would not show the same page.
    query: Option<&'a str>,
}

/// A link of the language switch.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// The language it leads to.
    pub language: Language,
    /// Relative to the page's own address.
    pub address: String,
    /// Whether the page is in that language.
    pub is_current: bool,
}

impl<'a> Reader<'a> {
    /// Who sent the request. The answer to a POST offers no other language: what was typed would be lost.
    #[must_use]
    pub fn of(parts: &'a request::Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let can_ask_again =
            [Method::GET, Method::HEAD].contains(&parts.method) && Form::of_query(Some(query)).is_ok();
        Self {
            language: Language::of(parts),
            query: can_ask_again.then_some(query),
        }
    }

    /// The links of the language switch.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let Some(query) = self.query else {
            return Vec::new();
        };
        let others: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_left_out(pair))
            .collect();
        let choice = |language: Language| Choice {
            language,
            address: language.kept(&if others.is_empty() {
                String::new()
            } else {
                format!("?{}", others.join("&"))
            }),
            is_current: language == self.language,
        };
        Language::ALL.into_iter().map(choice).collect()
    }
}

impl From<Language> for Reader<'_> {
    fn from(language: Language) -> Self {
        Self {
            language,
            query: None,
        }
    }
}

/// Whether a link may not repeat a pair of the query: `lang` it sets itself, and `auth` holds a password.
fn is_left_out(pair: &str) -> bool {
    let name = form_urlencoded::parse(pair.as_bytes()).next();
    name.is_some_and(|(name, _)| name == "lang" || name.eq_ignore_ascii_case("auth"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(method: Method, uri: &str) -> Vec<String> {
        let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let choices = Reader::of(&parts).choices();
        assert!(choices.is_empty() || choices.iter().filter(|choice| choice.is_current).count() == 1);
        choices.into_iter().map(|choice| choice.address).collect()
    }

    #[test]
    fn the_switch_leads_to_the_same_address_in_each_language() {
        assert_eq!(
            addresses(Method::GET, "/login.html"),
            ["?lang=en", "?lang=fr", "?lang=de", "?lang=it"]
        );
        assert_eq!(
            addresses(
                Method::GET,
                "/login.html?l%61ng=it&came_from=%2Fa%3Flang%3Dx&lang"
            )[0],
            "?came_from=%2Fa%3Flang%3Dx&lang=en"
        );
    }

    #[test]
    fn the_answer_to_a_post_offers_no_other_language() {
        assert!(addresses(Method::POST, "/login?lang=de").is_empty());
        assert!(addresses(Method::GET, "/login.html?%ff=1").is_empty());
        assert!(Reader::from(Language::French).choices().is_empty());
    }
}
