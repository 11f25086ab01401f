//! A list: what can be looked for, what it is sorted by, its part, and the way to the next one.

use askama::Template;

use super::form::Choice;
use super::visit::Visit;
use super::words::{Words, with};

/// A table of a list.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct List<'a> {
    pub(crate) words: Words<'a>,
    /// The form's token, where a row has a button.
    pub(crate) token: &'a str,
    /// A text above the table.
    pub(crate) intro: Option<String>,
    /// Where new ones are made: address and text.
    pub(crate) buttons: Vec<(String, String)>,
    pub(crate) search: Option<Search<'a>>,
    /// What the table is called.
    pub(crate) caption: String,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What stands there in place of no rows.
    pub(crate) empty: String,
    /// The addresses of the first part and of the next one.
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
    /// A button that ends all that is listed: the field's name and the text.
    pub(crate) whole: Option<(&'static str, String)>,
}

/// A form that looks for something in the list.
pub(crate) struct Search<'a> {
    pub(crate) path: &'static str,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) value: &'a str,
    /// A day to look at, where the list is one of days.
    pub(crate) day: Option<(String, String)>,
    /// What is looked at, and sorted by.
    pub(crate) by: Vec<Choice>,
    /// Further parameters.
    pub(crate) hidden: Vec<(&'static str, &'a str)>,
    pub(crate) error: Option<String>,
}

/// The head of a column.
#[derive(Default)]
pub(crate) struct Head {
    pub(crate) text: String,
    /// Where the list is had sorted by it.
    pub(crate) link: Option<String>,
    /// Whether it is sorted by it: `ascending` or `descending`.
    pub(crate) sorted: Option<&'static str>,
}

/// A cell.
pub(crate) enum Cell {
    /// Text.
    Text(String),
    /// A moment, in one line.
    Moment(String),
    /// What names the row, and leads to it.
    Name(String, String),
    /// A link.
    Link(String, String),
    /// Several links.
    Links(Vec<(String, String)>),
    /// Words that stand out: the kind (`good`, `care`, `wrong` or `plain`) and the text.
    Marks(Vec<(&'static str, String)>),
    /// Names and values.
    Pairs(Vec<(String, String)>),
    /// A button: the field that it sends, its value, its text, and what it says to whom does not see the row.
    Button(&'static str, String, String, String),
}

impl Cell {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl Head {
    pub(crate) fn of(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl<'a> List<'a> {
    /// An empty one.
    pub(crate) fn of(visit: &'a Visit, caption: String) -> Self {
        let words = visit.words();
        Self {
            words,
            token: &visit.csrf.token,
            intro: None,
            buttons: Vec::new(),
            search: None,
            caption,
            heads: Vec::new(),
            rows: Vec::new(),
            empty: words.say("nothing-listed"),
            first: None,
            next: None,
            whole: None,
        }
    }

    /// Heads that sort nothing.
    pub(crate) fn plain_heads(&mut self, ids: &[&str]) {
        self.heads = ids.iter().map(|id| Head::of(self.words.say(id))).collect();
    }

    /// The ways to the first part and to the next one, of the list at `path` with `parameters`.
    pub(crate) fn page(
        &mut self,
        visit: &Visit,
        path: &str,
        parameters: &[(&str, &str)],
        next: Option<&str>,
    ) {
        let path = with(path, parameters);
        self.next = next.map(|next| self.words.link_with(&path, &[("after", next)]));
        self.first = (!visit.parameter("after").is_empty()).then(|| self.words.link(&path));
    }
}
