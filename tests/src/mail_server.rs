//! A mail server that a test can make refuse or keep silent at any step (RFC 5321). The harness's own catcher always
//! takes every mail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A step of a mail's hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The greeting to a new connection.
    Greeting,
    /// `EHLO`.
    Ehlo,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The dot behind the message; the mail is delivered.
    Dot,
}

/// What the server does at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Answers so, and delivers nothing.
    Answers(&'static str),
    /// Says nothing any more. At [`Step::Dot`] the mail is delivered all the same.
    Stalls,
    /// Ends the connection. At [`Step::Dot`] the mail is delivered all the same.
    Leaves,
}

/// A mail that was delivered.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// To whom.
    pub to: String,
    /// From whom.
    pub from: String,
    /// The message as it came.
    pub raw: String,
    /// Its subject, decoded.
    pub subject: String,
    /// Its text, decoded.
    pub text: String,
}

/// A running mail server. It ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct MailServer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    delivered: Mutex<Vec<Delivered>>,
    fault: Mutex<Option<(Step, Does)>>,
    connections: AtomicUsize,
    reached: tokio::sync::Notify,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MailServer {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let taking = shared.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                taking.connections.fetch_add(1, Ordering::SeqCst);
                let shared = taking.clone();
                // A client that goes away in the middle is what some tests are about.
                tokio::spawn(async move { drop(serve(socket, &shared).await) });
            }
        });
        Self { port, shared }
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on it does so at that step; nothing special for `None`.
    pub fn at(&self, fault: Option<(Step, Does)>) {
        *locked(&self.shared.fault) = fault;
    }

    /// Waits until a step at which it was told to do something special is reached.
    pub async fn reached(&self) {
        self.shared.reached.notified().await;
    }

    /// What was delivered, oldest first.
    #[must_use]
    pub fn delivered(&self) -> Vec<Delivered> {
        locked(&self.shared.delivered).clone()
    }

    /// How often someone came.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

async fn serve(socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut from, mut to) = (String::new(), String::new());
    let mut step = Step::Greeting;
    let mut usual = "220 test";
    loop {
        let fault = *locked(&shared.fault);
        let answer = match fault.filter(|(at, _)| *at == step) {
            None => usual,
            Some((_, does)) => {
                shared.reached.notify_one();
                match does {
                    Does::Answers(answer) => answer,
                    Does::Stalls => std::future::pending().await,
                    Does::Leaves => return Ok(()),
                }
            }
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if step == Step::Data && answer.starts_with("354") {
            let mut raw = String::new();
            loop {
                let Some(line) = lines.next_line().await? else {
                    return Ok(());
                };
                if line == "." {
                    break;
                }
                raw += line.strip_prefix('.').unwrap_or(&line);
                raw += "\r\n";
            }
            let refused = matches!(*locked(&shared.fault), Some((Step::Dot, Does::Answers(_))));
            if !refused {
                locked(&shared.delivered).push(delivered(&from, &to, raw));
            }
            (step, usual) = (Step::Dot, "250 taken");
            continue;
        }
        let Some(line) = lines.next_line().await? else {
            return Ok(());
        };
        let within = |line: &str| line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        (step, usual) = match verb.as_str() {
            "EHLO" => (Step::Ehlo, "250 test"),
            "MAIL" => {
                from = within(&line);
                (Step::Mail, "250 ok")
            }
            "RCPT" => {
                to = within(&line);
                (Step::Rcpt, "250 ok")
            }
            "DATA" => (Step::Data, "354 go on"),
            _ => return Ok(()),
        };
    }
}

fn delivered(from: &str, to: &str, raw: String) -> Delivered {
    let parsed = MessageParser::default().parse(&raw).unwrap_or_default();
    Delivered {
        to: to.to_owned(),
        from: from.to_owned(),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        text: parsed.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        raw,
    }
}
