//! A real LDAP directory: slapd, of `OpenLDAP`, on ports of its own, with the entries of `tests/world/directory.ldif`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::free_port;

const ENTRIES: &str = include_str!("../world/directory.ldif");
/// The administrator's password.
const ROOT: &str = "lindmatt-root";

/// A running slapd. It ends with its value.
#[derive(Debug)]
pub struct Slapd {
    child: Child,
    port: u16,
    tls_port: u16,
    folder: TempDir,
}

impl Slapd {
    /// Who searches.
    pub const READER: &'static str = "cn=reader,dc=example,dc=com";
    /// That one's password.
    pub const READER_PASSWORD: &'static str = "lindmatt-reader";

    /// Starts one, with a certificate for `localhost` alone, and waits until it serves.
    ///
    /// # Panics
    /// Where it does not start: `tests/run` installs slapd, ldap-utils and openssl.
    pub async fn start() -> Self {
        let mut folder = tempfile::Builder::new()
            .prefix("mapgate-slapd-")
            .tempdir()
            .unwrap();
        let path = folder.path().to_owned();
        certificates(&path).await;
        std::fs::create_dir(path.join("data")).unwrap();
        std::fs::write(path.join("slapd.conf"), configuration(&path)).unwrap();
        // A copy, since AppArmor would keep the installed one out of this folder.
        std::fs::copy("/usr/sbin/slapd", path.join("slapd")).expect("slapd is installed");
        // A port may be taken between the look and slapd's own.
        for _ in 0..5 {
            let (port, tls_port) = (free_port(), free_port());
            let child = Command::new(path.join("slapd"))
                .arg("-h")
                .arg(format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"))
                .arg("-f")
                .arg(path.join("slapd.conf"))
                // Any level keeps it in the foreground.
                .args(["-d", "0"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let mut slapd = Self {
                child,
                port,
                tls_port,
                folder,
            };
            if slapd.serves().await {
                slapd.add(ENTRIES).await;
                return slapd;
            }
            folder = slapd.folder;
        }
        panic!(
            "slapd does not start; its configuration:\n{}",
            configuration(Path::new("…"))
        );
    }

    async fn serves(&mut self) -> bool {
        for _ in 0..500 {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.tls_port)).await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// Adds entries in LDIF (RFC 2849).
    ///
    /// # Panics
    /// Where slapd refuses one.
    pub async fn add(&self, ldif: &str) {
        let mut ldapadd = Command::new("ldapadd")
            .args([
                "-x",
                "-H",
                &self.url(),
                "-D",
                "cn=root,dc=example,dc=com",
                "-w",
                ROOT,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ldapadd is installed");
        let mut input = ldapadd.stdin.take().unwrap();
        input.write_all(ldif.as_bytes()).await.unwrap();
        drop(input);
        said(ldapadd.wait_with_output().await.unwrap());
    }

    /// `ldap://` by name, which the certificate is for.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ldap://localhost:{}", self.port)
    }

    /// `ldaps://` by name.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("ldaps://localhost:{}", self.tls_port)
    }

    /// The port of `ldap://`.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that signed slapd's.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// That of an authority which signed nothing.
    #[must_use]
    pub fn other_ca_file(&self) -> PathBuf {
        self.folder.path().join("other.pem")
    }

    /// Ends it at once.
    ///
    /// # Panics
    /// Where the system does not let it.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r"include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload retcode
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
# As a directory that takes a bind without a password for an anonymous one.
allow bind_anon_cred bind_anon_dn

database mdb
directory {folder}/data
suffix dc=example,dc=com
rootdn cn=root,dc=example,dc=com
rootpw {ROOT}
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree=ou=open,dc=example,dc=com by * read
access to * by self read by dn.exact={reader} read by anonymous auth by * none

overlay memberof
# Entries whose bind is answered with a code of its own.
overlay retcode
retcode-parent ou=codes,dc=example,dc=com
retcode-item cn=constraintViolation 19
retcode-item cn=insufficientAccess 50
retcode-item cn=busy 51
retcode-item cn=unavailable 52
retcode-item cn=unwillingToPerform 53
retcode-item cn=other 80
",
        reader = Slapd::READER
    )
}

/// Two authorities, and a certificate of the first for `localhost`.
///
/// # Panics
/// Where openssl is not installed.
pub async fn certificates(folder: &Path) {
    let extensions = "[req]\ndistinguished_name=name\n[name]\n\
        [authority]\nbasicConstraints=critical,CA:TRUE\n\
        [server]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";
    std::fs::write(folder.join("openssl.conf"), extensions).unwrap();
    for (name, extensions, more) in [
        ("ca", "authority", &[][..]),
        ("other", "authority", &[]),
        ("server", "server", &["-CA", "ca.pem", "-CAkey", "ca.key"]),
    ] {
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ])
            .args([
                "-config",
                "openssl.conf",
                "-extensions",
                extensions,
                "-subj",
                &format!("/CN={name}"),
            ])
            .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
            .args(more)
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .await;
        said(made.expect("openssl is installed"));
    }
}

fn said(output: std::process::Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8(output.stderr).unwrap()
    );
}
