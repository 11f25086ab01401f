//! What pages and API say, as Fluent messages: `texts/`, one file a language, beside those that every page has.

use mapgate_core::pages::{Language, Texts};

static TEXTS: Texts = Texts::beside(|language| match language {
    Language::English => include_str!("texts/en.ftl"),
    Language::French => include_str!("texts/fr.ftl"),
    Language::German => include_str!("texts/de.ftl"),
    Language::Italian => include_str!("texts/it.ftl"),
});

/// The text `id` with `arguments` put in.
pub(crate) fn tell(language: Language, id: &str, arguments: &[(&str, &str)]) -> String {
    TEXTS.text(language, id, arguments)
}
