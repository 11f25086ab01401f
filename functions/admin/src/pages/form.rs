//! A form: fields with their labels, hints and faults, and what else is to be known of the thing.

use askama::Template;
use http::StatusCode;

use super::trouble::Trouble;
use super::visit::Visit;
use super::words::Words;
use crate::fault::Fault;

/// A form for one thing.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage<'a> {
    pub(crate) words: Words<'a>,
    pub(crate) token: &'a str,
    pub(crate) action: String,
    /// The entity tag of what the form shows; none for something new.
    pub(crate) etag: Option<String>,
    /// A text above the form.
    pub(crate) intro: Option<String>,
    /// What there is to be careful about, with a button of the form below it: field and text.
    pub(crate) care: Option<(String, Option<(&'static str, String)>)>,
    /// What is wrong with what was typed: the field's id, if it is about one, and the text.
    pub(crate) wrongs: Vec<(Option<String>, String)>,
    /// Where the thing is shown as it is, for whom it was changed meanwhile.
    pub(crate) anew: Option<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) button: String,
    /// What is known of it besides.
    pub(crate) facts: Vec<(String, String)>,
    /// What else can be done with it: address and text.
    pub(crate) links: Vec<(String, String)>,
    /// Where it is taken away.
    pub(crate) delete: Option<String>,
}

/// A field.
pub(crate) struct Field {
    /// Its name, which is its id too.
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: Kind,
    pub(crate) wrong: Option<String>,
}

/// What kind of field it is.
pub(crate) enum Kind {
    /// One line: the input's type, and whether it must have something.
    Line {
        r#type: &'static str,
        value: String,
        is_required: bool,
    },
    /// What cannot be changed: sent, but not typed.
    Fixed(String),
    /// Several lines.
    Lines(String),
    /// A box to tick.
    Tick(bool),
    /// Boxes to tick.
    Ticks(Vec<Choice>),
    /// One of several.
    One(Vec<Choice>),
}

/// One of several boxes or words.
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_on: bool,
}

impl Field {
    pub(crate) fn of(words: Words<'_>, name: &'static str, id: &str, kind: Kind) -> Self {
        Self {
            name,
            label: words.say(id),
            hint: String::new(),
            kind,
            wrong: None,
        }
    }

    /// The same with a hint below it.
    pub(crate) fn hint(mut self, hint: String) -> Self {
        self.hint = hint;
        self
    }

    /// One line of text.
    pub(crate) fn line(words: Words<'_>, name: &'static str, id: &str, value: &str) -> Self {
        Self::typed(words, name, id, "text", value)
    }

    /// One line, with the input's type.
    pub(crate) fn typed(
        words: Words<'_>,
        name: &'static str,
        id: &str,
        r#type: &'static str,
        value: &str,
    ) -> Self {
        let kind = Kind::Line {
            r#type,
            value: value.to_owned(),
            is_required: false,
        };
        Self::of(words, name, id, kind)
    }

    /// One line that must have something, or what it has for good.
    pub(crate) fn key(words: Words<'_>, name: &'static str, id: &str, value: &str, is_fixed: bool) -> Self {
        let value = value.to_owned();
        let kind = if is_fixed {
            Kind::Fixed(value)
        } else {
            Kind::Line {
                r#type: "text",
                value,
                is_required: true,
            }
        };
        Self::of(words, name, id, kind)
    }

    pub(crate) fn tick(words: Words<'_>, name: &'static str, id: &str, is_on: bool) -> Self {
        Self::of(words, name, id, Kind::Tick(is_on))
    }

    /// What ties it to its hint and its fault.
    pub(crate) fn described(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let wrong = self.wrong.as_ref().map(|_| format!("{}-wrong", self.name));
        let ids: Vec<String> = wrong.into_iter().chain(hint).collect();
        ids.join(" ")
    }
}

impl<'a> FormPage<'a> {
    /// The form that is sent to `path`.
    pub(crate) fn of(visit: &'a Visit, path: &str, fields: Vec<Field>) -> Self {
        let words = visit.words();
        Self {
            words,
            token: &visit.csrf.token,
            action: words.link(path),
            etag: None,
            intro: None,
            care: None,
            wrongs: Vec::new(),
            anew: None,
            fields,
            button: words.say("save"),
            facts: Vec::new(),
            links: Vec::new(),
            delete: None,
        }
    }

    /// Says what is wrong with what was typed.
    pub(crate) fn wrong(mut self, refused: Option<&Refused>) -> Self {
        let Some(refused) = refused else { return self };
        let language = self.words.language;
        match &refused.fault {
            Fault::Invalid(wrongs) => {
                for wrong in wrongs {
                    let text = wrong.said.tell(language);
                    let field = self.fields.iter_mut().find(|field| field.name == wrong.field);
                    let told = field.map(|field| {
                        field.wrong = Some(text.clone());
                        let fixed = matches!(field.kind, Kind::Fixed(_));
                        (
                            (!fixed).then(|| field.name.to_owned()),
                            format!("{}: {text}", field.label),
                        )
                    });
                    self.wrongs.push(told.unwrap_or((None, text)));
                }
            }
            Fault::Conflict(said) => self.wrongs.push((None, said.tell(language))),
            _ => {
                self.wrongs.push((None, self.words.say("changed-meanwhile")));
                self.anew = Some(self.action.clone());
            }
        }
        self
    }
}

/// What was typed cannot be done, and the form is shown again.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
}

impl Refused {
    /// What is for the form to tell; anything else is for a page of its own.
    pub(crate) fn of(fault: Fault) -> Result<Self, Trouble> {
        match fault {
            Fault::Invalid(_) | Fault::Conflict(_) | Fault::ChangedMeanwhile => Ok(Self { fault }),
            fault => Err(fault.into()),
        }
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self.fault {
            Fault::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Fault::Conflict(_) => StatusCode::CONFLICT,
            _ => StatusCode::PRECONDITION_FAILED,
        }
    }
}

/// The status of a form that is shown, again or not.
pub(crate) fn status(refused: Option<&Refused>) -> StatusCode {
    refused.map_or(StatusCode::OK, Refused::status)
}
