//! `core::account` against the components that it asks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mapgate_core::account::{Directory, DirectoryAnswer, DirectoryDown, DirectoryEntry};
use mapgate_core::random::Random;
use mapgate_core::settings::{Ldap, LdapAttributes, Secret};
use mapgate_tests::Slapd;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

mod ldap;
mod ldap_hostile;
mod ldap_login;
mod ldap_names;
mod lockout;
mod old_hashes;
mod places;
mod same_work;
mod throttle;
mod tries;

/// BER's tags of requests (RFC 4511, section 4).
const BIND: u8 = 0x60;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;

const UNKNOWN: Result<DirectoryAnswer, DirectoryDown> = Ok(DirectoryAnswer::Unknown);
const WRONG: Result<DirectoryAnswer, DirectoryDown> = Ok(DirectoryAnswer::Wrong);
const DOWN: Result<DirectoryAnswer, DirectoryDown> = Err(DirectoryDown);

#[expect(clippy::unnecessary_wraps, reason = "as verify gives it")]
fn right(email: &[&str], display_name: &str, roles: &[&str]) -> Result<DirectoryAnswer, DirectoryDown> {
    Ok(DirectoryAnswer::Right(DirectoryEntry {
        email: email.first().map(|&email| email.to_owned()),
        display_name: Some(display_name.to_owned()),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
    }))
}

fn jane() -> Result<DirectoryAnswer, DirectoryDown> {
    right(&["jane@example.com"], "Jane Doe", &["editor", "surveyor"])
}

/// Searching, then binding, in the world's directory.
fn searching(url: &str) -> Ldap {
    let group = |name: &str| format!("{name},ou=groups,dc=example,dc=com");
    Ldap {
        url: url.to_owned(),
        starttls: false,
        ca_file: None,
        timeout: Duration::from_secs(10),
        bind_dn_template: None,
        bind_dn: Some(Slapd::READER.to_owned()),
        bind_password: Some(Secret::new(Slapd::READER_PASSWORD)),
        base_dn: Some("ou=people,dc=example,dc=com".to_owned()),
        filter: "(uid={username})".to_owned(),
        attributes: LdapAttributes {
            email: "mail".to_owned(),
            display_name: "cn".to_owned(),
            groups: "memberOf".to_owned(),
        },
        group_roles: [
            (
                "CN=Editors, OU=groups, dc=example, dc=com".to_owned(),
                "editor".to_owned(),
            ),
            (group("cn=surveyors\\, roads"), "surveyor".to_owned()),
            (group("cn=admins"), "admin".to_owned()),
        ]
        .into(),
    }
}

/// Binding by a template.
fn template(url: &str) -> Ldap {
    Ldap {
        bind_dn_template: Some("uid={username},ou=people,dc=example,dc=com".to_owned()),
        bind_dn: None,
        bind_password: None,
        base_dn: None,
        ..searching(url)
    }
}

async fn verify(settings: &Ldap, username: &str, password: &str) -> Result<DirectoryAnswer, DirectoryDown> {
    Directory::new(settings, Random::seeded(1))
        .verify(username, &Secret::new(password), None)
        .await
}

async fn pretend(settings: &Ldap, username: &str) -> Result<(), DirectoryDown> {
    Directory::new(settings, Random::seeded(1))
        .pretend(username, None)
        .await
}

/// The tag of a request.
fn operation(request: &[u8]) -> u8 {
    // Header and message id, each of ours a byte long but for the length.
    let header = if request[1] > 0x80 {
        2 + usize::from(request[1] & 0x7f)
    } else {
        2
    };
    request[header + 3]
}

/// A relay before a directory, which notes what is asked. One request is one piece, since the next awaits its answer.
struct Tap {
    port: u16,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tap {
    /// `before` sees each request before it goes on; `false` closes the connection.
    async fn start(to: u16, before: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let (notes, before) = (heard.clone(), Arc::new(before));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (notes, before) = (notes.clone(), before.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else {
                        return;
                    };
                    let (mut asks, mut told) = client.into_split();
                    let (mut says, mut said) = server.into_split();
                    let answers = tokio::io::copy(&mut says, &mut told);
                    let requests = async {
                        let mut piece = vec![0; 4096];
                        while let Ok(length @ 1..) = asks.read(&mut piece).await {
                            notes.lock().unwrap().push(piece[..length].to_vec());
                            if !before(&piece[..length]) || said.write_all(&piece[..length]).await.is_err() {
                                break;
                            }
                        }
                    };
                    tokio::select! { _ = answers => {}, () = requests => {} }
                });
            }
        });
        Self { port, heard }
    }

    async fn before(slapd: &Slapd) -> Self {
        Self::start(slapd.port(), |_| true).await
    }

    fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// What was asked since the last call, on connections that must be closed by now or very soon.
    async fn heard(&self) -> Vec<Vec<u8>> {
        // One is this value's, one the listener's, the others are the connections'.
        let closed = async {
            while Arc::strong_count(&self.heard) > 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(5), closed)
            .await
            .expect("every connection is closed");
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

/// Whether any request held the text.
fn holds(requests: &[Vec<u8>], text: &str) -> bool {
    requests
        .iter()
        .any(|request| request.windows(text.len()).any(|part| part == text.as_bytes()))
}
