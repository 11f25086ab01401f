//! Texts, as Fluent messages: a bundle a language, made when it is first needed.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use super::Language;

type Bundle = FluentBundle<FluentResource>;

/// The texts of every page, and those of a function's own pages beside them.
pub struct Texts {
    own: fn(Language) -> &'static str,
    bundles: [OnceLock<Bundle>; 4],
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Texts").finish_non_exhaustive()
    }
}

static TEXTS: Texts = Texts::beside(|_| "");

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("texts/en.ftl"),
        Language::French => include_str!("texts/fr.ftl"),
        Language::German => include_str!("texts/de.ftl"),
        Language::Italian => include_str!("texts/it.ftl"),
    }
}

fn bundle(language: Language, own: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // The marks would show in attributes and in titles, and these languages all run from left to right.
    bundle.set_use_isolating(false);
    for source in [source(language), own] {
        // A test sees to it that every file is read without a fault.
        let resource = FluentResource::try_new(source.to_owned());
        bundle.add_resource_overriding(resource.unwrap_or_else(|(resource, _)| resource));
    }
    bundle
}

impl Texts {
    /// The shared texts, and beside them those of the Fluent file that `own` gives for a language.
    #[must_use]
    pub const fn beside(own: fn(Language) -> &'static str) -> Self {
        let bundles = [const { OnceLock::new() }; 4];
        Self { own, bundles }
    }

    /// As [`text`], among these.
    #[must_use]
    pub fn text(&self, language: Language, id: &str, arguments: &[(&str, &str)]) -> String {
        let [english, french, german, italian] = &self.bundles;
        let made = match language {
            Language::English => english,
            Language::French => french,
            Language::German => german,
            Language::Italian => italian,
        };
        let bundle = made.get_or_init(|| bundle(language, (self.own)(language)));
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
}

/// The message `id`, or its attribute for an id like `message.attribute`, with `arguments` put in. Plain text, not
/// HTML. An id that is in no file gives itself, and the log says so.
#[must_use]
pub fn text(language: Language, id: &str, arguments: &[(&str, &str)]) -> String {
    TEXTS.text(language, id, arguments)
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

    /// What is the same word in English and elsewhere.
    const SAME: [(Language, &str); 4] = [
        (Language::French, "code"),
        (Language::German, "code"),
        (Language::German, "display-name"),
        (Language::Italian, "password"),
    ];

    #[test]
    fn every_text_is_there_and_is_not_english_elsewhere() {
        let values: BTreeMap<&str, &str> = [
            ("client", "QGIS"),
            ("username", "jane"),
            ("minutes", "12"),
            ("site", "https://maps.example.com"),
            ("title", ""),
            ("place", "127.0.0.1:7070"),
        ]
        .into();
        for (id, arguments) in ids(Language::English).iter().filter(|(id, _)| !id.is_empty()) {
            for code in ["asked", "none"] {
                let value = |name: &str| values.get(name).copied().unwrap_or(code);
                let arguments: Vec<(&str, &str)> = arguments
                    .iter()
                    .map(|name| (name.as_str(), value(name)))
                    .collect();
                let english = text(Language::English, id, &arguments);
                for language in Language::ALL {
                    let text = text(language, id, &arguments);
                    assert!(!text.is_empty() && text != *id && !text.contains('{'), "{text}");
                    assert!(!text.contains('\u{2068}'), "{id} has isolating marks");
                    let may_be_english = language == Language::English || SAME.contains(&(language, id));
                    assert!(
                        may_be_english || text != english,
                        "{id} is English in {language:?}"
                    );
                    for (name, value) in arguments.iter().filter(|(name, _)| *name != "code") {
                        assert!(text.contains(value), "{id} leaves out {name} in {language:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_wrong_code_is_told_like_a_wrong_password() {
        for language in Language::ALL {
            let of = |code| text(language, "wrong-login", &[("code", code)]);
            let word = text(language, "code", &[]).to_lowercase();
            assert!(of("asked").to_lowercase().contains(&word), "{}", of("asked"));
            assert!(!of("none").to_lowercase().contains(&word), "{}", of("none"));
        }
    }

    #[test]
    fn a_mail_has_lines() {
        let arguments = [("username", "jane"), ("site", "https://maps.example.com")];
        let mail = text(Language::English, "notice-password-changed", &arguments);
        assert!(
            mail.starts_with(
                "Hello jane\n\nThe password of your account jane on https://maps.example.com was"
            )
        );
        assert!(
            mail.ends_with("at once:\nhttps://maps.example.com/loginresetpassword"),
            "{mail}"
        );
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
