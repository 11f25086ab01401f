//! Texts, as Fluent messages: a bundle a language, made when it is first needed.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use super::Language;

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::French));
static GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::German));
static ITALIAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Italian));

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("texts/en.ftl"),
        Language::French => include_str!("texts/fr.ftl"),
        Language::German => include_str!("texts/de.ftl"),
        Language::Italian => include_str!("texts/it.ftl"),
    }
}

fn bundle(language: Language) -> Bundle {
    // A test sees to it that every file is read without a fault.
    let resource = FluentResource::try_new(source(language).to_owned());
    let resource = resource.unwrap_or_else(|(resource, _)| resource);
    let mut bundle = Bundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // The marks would show in attributes and in titles, and these languages all run from left to right.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The message `id`, or its attribute for an id like `message.attribute`, with `arguments` put in. Plain text, not
/// HTML. An id that is in no file gives itself, and the log says so.
#[must_use]
pub fn text(language: Language, id: &str, arguments: &[(&str, &str)]) -> String {
    let bundle = match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::German => &GERMAN,
        Language::Italian => &ITALIAN,
    };
    let (message, attribute) = match id.split_once('.') {
        Some((message, attribute)) => (message, Some(attribute)),
        None => (id, None),
    };
    let pattern = bundle.get_message(message).and_then(|message| match attribute {
        Some(attribute) => message
            .get_attribute(attribute)
            .map(|attribute| attribute.value()),
        None => message.value(),
    });
    let Some(pattern) = pattern else {
        tracing::error!(id, language = language.tag(), "a text is missing");
        return id.to_owned();
    };
    let arguments: FluentArgs<'_> = arguments
        .iter()
        .map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value)))
        .collect();
    bundle
        .format_pattern(pattern, Some(&arguments), &mut Vec::new())
        .into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fluent_bundle::FluentResource;

    use super::*;

    /// Every id of a file, with the arguments its text takes.
    fn ids(language: Language) -> BTreeMap<String, Vec<String>> {
        let resource = FluentResource::try_new(source(language).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
        drop(resource);
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut id = String::new();
        for line in source(language).lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =") {
                id = match name.trim().strip_prefix('.') {
                    Some(attribute) => {
                        let message = id.split('.').next().unwrap_or_default().to_owned();
                        format!("{message}.{attribute}")
                    }
                    None => name.to_owned(),
                };
                assert!(
                    ids.insert(id.clone(), Vec::new()).is_none(),
                    "{language:?} has {id} twice"
                );
            }
            let arguments = line
                .split("{ $")
                .skip(1)
                .filter_map(|rest| rest.split(' ').next());
            let known = ids.entry(id.clone()).or_default();
            known.extend(arguments.map(str::to_owned));
            known.sort();
        }
        ids
    }

    #[test]
    fn every_language_has_every_text_with_the_same_arguments() {
        let english = ids(Language::English);
        assert!(english.len() > 30);
        for language in Language::ALL {
            assert_eq!(ids(language), english, "{language:?}");
        }
    }

    #[test]
    fn every_text_is_there_and_is_not_english_elsewhere() {
        for id in ids(Language::English).keys().filter(|id| !id.is_empty()) {
            let arguments = [("client", "QGIS"), ("username", "jane")];
            let of = |language| text(language, id, &arguments);
            for language in Language::ALL {
                let text = of(language);
                assert!(!text.is_empty() && text != *id && !text.contains('{'), "{text}");
                assert!(!text.contains('\u{2068}'), "{id} has isolating marks");
            }
        }
    }

    #[test]
    fn an_argument_is_put_in_as_it_is() {
        let text = text(Language::German, "password-for", &[("username", "<jané>")]);
        assert!(text.contains("<jané>"), "{text}");
    }

    #[test]
    fn an_unknown_id_gives_itself() {
        assert_eq!(text(Language::French, "no-such-text", &[]), "no-such-text");
    }
}
