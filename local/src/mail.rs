//! The mail catcher: what the functions send lands here instead of in anyone's mailbox.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use mail_parser::MessageParser;
use serde::{Deserialize, Serialize};

use crate::service::{Service, loopback};
use crate::smtp;

/// The name of the file in the data folder; one mail a line.
const FILE: &str = "mails.jsonl";
/// The oldest mails go beyond this many.
const KEPT: usize = 500;

/// A caught mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The addresses that it was delivered to, separated by a comma and a space.
    pub to: String,
    /// The address that it came from.
    pub from: String,
    /// Its subject, decoded.
    pub subject: String,
    /// Its text, decoded; of an HTML mail the text in it.
    pub text: String,
}

/// The caught mails; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Mails(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    newest_first: VecDeque<Mail>,
    file: Option<File>,
}

impl Mails {
    /// An empty store, or with a data folder the one that an earlier run left there.
    pub fn open(folder: Option<&Path>) -> io::Result<Self> {
        let Some(folder) = folder else {
            return Ok(Self::default());
        };
        let path = folder.join(FILE);
        let mut newest_first = VecDeque::new();
        match fs::read_to_string(&path) {
            Ok(lines) => {
                // A line that a crash cut short is no mail.
                let mails = lines
                    .lines()
                    .rev()
                    .filter_map(|line| serde_json::from_str(line).ok());
                newest_first.extend(mails.take(KEPT));
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
        // For the owner only: a reset mail holds a password.
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Self(Arc::new(Mutex::new(Kept {
            newest_first,
            file: Some(file),
        }))))
    }

    /// Keeps a message as it came over SMTP.
    pub fn keep(&self, from: String, to: &[String], message: &[u8]) -> io::Result<()> {
        let parsed = MessageParser::default().parse(message).unwrap_or_default();
        let mail = Mail {
            to: to.join(", "),
            from,
            subject: parsed.subject().unwrap_or_default().to_owned(),
            text: parsed.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut kept.file {
            file.write_all((serde_json::to_string(&mail)? + "\n").as_bytes())?;
        }
        kept.newest_first.push_front(mail);
        kept.newest_first.truncate(KEPT);
        Ok(())
    }

    /// All of them, the newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<Mail> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .newest_first
            .iter()
            .cloned()
            .collect()
    }
}

/// Starts the SMTP server on a free port of 127.0.0.1; what it takes goes to `mails`.
pub async fn start(mails: Mails) -> anyhow::Result<Service> {
    let listener = loopback().await?;
    let address = listener.local_addr()?;
    Ok(Service::spawn(address, |stop| smtp::serve(listener, mails, stop)))
}

/// `GET /local/mails` as JSON and `GET /local/` as a page.
pub fn router(mails: Mails) -> Router {
    Router::new()
        .route("/local/mails", get(list))
        .route("/local/", get(page))
        .with_state(mails)
}

async fn list(State(mails): State<Mails>) -> Json<Vec<Mail>> {
    Json(mails.newest_first())
}

#[derive(Template)]
#[template(path = "mails.html")]
struct Page {
    mails: Vec<Mail>,
}

async fn page(State(mails): State<Mails>) -> Result<Html<String>, StatusCode> {
    let page = Page {
        mails: mails.newest_first(),
    };
    page.render()
        .map(Html)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    const MESSAGE: &[u8] = b"From: Portal <p@x.ch>\r\nTo: jane@x.ch\r\nSubject: =?utf-8?B?R3LDvGV6aQ==?=\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Passwort: a=3Db <script>\r\nGru=C3=9F\r\n";

    fn caught(mails: &Mails) {
        mails
            .keep("p@x.ch".into(), &["jane@x.ch".into(), "joe@x.ch".into()], MESSAGE)
            .unwrap();
    }

    async fn get(mails: &Mails, path: &str) -> String {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(mails.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn mails_are_decoded_and_listed_newest_first() {
        let mails = Mails::default();
        caught(&mails);
        mails
            .keep(
                "q@x.ch".into(),
                &["joe@x.ch".into()],
                b"Subject: second\r\n\r\nhi\r\n",
            )
            .unwrap();
        let list: Vec<Mail> = serde_json::from_str(&get(&mails, "/local/mails").await).unwrap();
        assert_eq!(list[0].subject, "second");
        let first = Mail {
            to: "jane@x.ch, joe@x.ch".into(),
            from: "p@x.ch".into(),
            subject: "Grüezi".into(),
            text: "Passwort: a=b <script>\nGruß\n".into(),
        };
        assert_eq!(list[1], first);
    }

    #[tokio::test]
    async fn the_page_escapes_what_a_mail_says() {
        let mails = Mails::default();
        assert!(get(&mails, "/local/").await.contains("No mail yet"));
        caught(&mails);
        let page = get(&mails, "/local/").await;
        assert!(page.contains("Grüezi") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn a_data_folder_keeps_them() {
        let folder = tempfile::tempdir().unwrap();
        caught(&Mails::open(Some(folder.path())).unwrap());
        let path = folder.path().join(FILE);
        OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"to\":")
            .unwrap();
        assert_eq!(Mails::open(Some(folder.path())).unwrap().newest_first().len(), 1);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}
