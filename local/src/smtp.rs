//! The server half of SMTP (RFC 5321) as far as a mail library goes; our own, since the crates that serve SMTP
//! are unmaintained or whole mail servers.

use std::io;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::mail::Mails;

/// The longest line that is read whole; RFC 5321 section 4.5.3.1.6 has 1000.
const LINE: u64 = 64 * 1024;
/// The largest message.
const SIZE: usize = 10 * 1024 * 1024;
/// The most recipients of one message (RFC 5321 section 4.5.3.1.8).
const RECIPIENTS: usize = 100;
/// How long a client may keep silent.
const SILENCE: Duration = Duration::from_mins(1);

/// Takes connections until told to stop.
pub async fn serve(listener: TcpListener, mails: Mails, stop: CancellationToken) {
    let sessions = TaskTracker::new();
    while let Some(taken) = stop.run_until_cancelled(listener.accept()).await {
        let Ok((socket, _)) = taken else { continue };
        let (mails, stop) = (mails.clone(), stop.clone());
        sessions.spawn(async move {
            let (read, write) = socket.into_split();
            let session = Session {
                read: BufReader::new(read),
                write,
                mails,
                envelope: Envelope::default(),
            };
            if let Some(Err(fault)) = stop.run_until_cancelled(session.run()).await {
                tracing::debug!(%fault, "an SMTP session broke off");
            }
        });
    }
    sessions.close();
    sessions.wait().await;
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

struct Session<R, W> {
    read: R,
    write: W,
    mails: Mails,
    envelope: Envelope,
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> Session<R, W> {
    async fn run(mut self) -> io::Result<()> {
        self.reply("220 mapgate mail catcher").await?;
        while let Some(line) = self.line().await? {
            let Ok(line) = std::str::from_utf8(&line) else {
                self.reply("500 not UTF-8").await?;
                continue;
            };
            let line = line.trim_end();
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let verb = verb.to_ascii_uppercase();
            if verb == "QUIT" {
                return self.reply("221 bye").await;
            }
            let answer = match verb.as_str() {
                "EHLO" => self.hello(&format!(
                    "250-mapgate\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {SIZE}"
                )),
                "HELO" => self.hello("250 mapgate"),
                "MAIL" => self.sender(rest).to_owned(),
                "RCPT" => self.recipient(rest).to_owned(),
                "DATA" => self.data().await?.to_owned(),
                "RSET" => self.hello("250 forgotten"),
                "NOOP" => "250 here".to_owned(),
                "VRFY" => "252 try it".to_owned(),
                _ => "500 not known".to_owned(),
            };
            self.reply(&answer).await?;
        }
        Ok(())
    }

    /// A greeting, like RSET, ends the transaction under way (RFC 5321 section 4.1.4).
    fn hello(&mut self, answer: &str) -> String {
        self.envelope = Envelope::default();
        answer.to_owned()
    }

    fn sender(&mut self, rest: &str) -> &'static str {
        if self.envelope.from.is_some() {
            return "503 one sender at a time";
        }
        self.envelope.from = path(rest, "FROM:");
        if self.envelope.from.is_some() {
            "250 ok"
        } else {
            "501 MAIL FROM:<address>"
        }
    }

    fn recipient(&mut self, rest: &str) -> &'static str {
        if self.envelope.from.is_none() {
            return "503 first the sender";
        }
        if self.envelope.to.len() == RECIPIENTS {
            return "452 too many recipients";
        }
        let Some(address) = path(rest, "TO:").filter(|address| !address.is_empty()) else {
            return "501 RCPT TO:<address>";
        };
        self.envelope.to.push(address);
        "250 ok"
    }

    async fn data(&mut self) -> io::Result<&'static str> {
        let Envelope { from: Some(from), to } = std::mem::take(&mut self.envelope) else {
            return Ok("503 first the sender");
        };
        if to.is_empty() {
            return Ok("503 first the recipients");
        }
        self.reply("354 end with a dot").await?;
        let mut message = Vec::new();
        loop {
            let Some(line) = self.line().await? else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            if line == b".\r\n" || line == b".\n" {
                break;
            }
            // Past the limit the rest is read and dropped, so that the client sees the answer.
            if message.len() <= SIZE {
                // A dot in front is stuffing (RFC 5321 section 4.5.2).
                message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
        if message.len() > SIZE {
            return Ok("552 too large");
        }
        Ok(match self.mails.keep(from, &to, &message) {
            Ok(()) => "250 caught",
            Err(fault) => {
                tracing::error!(%fault, "a mail cannot be kept");
                "451 not kept"
            }
        })
    }

    /// One line with its end, or nothing at the end of the connection.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.read).take(LINE);
        let count = timeout(SILENCE, limited.read_until(b'\n', &mut line)).await??;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) if count as u64 == LINE => Err(io::Error::other("a line is too long")),
            Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.write.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.write.flush().await
    }
}

/// The address in `FROM:<address> PARAMETERS`.
fn path(rest: &str, keyword: &str) -> Option<String> {
    let (head, tail) = rest.split_at_checked(keyword.len())?;
    let inner = tail.trim_start().strip_prefix('<')?;
    let (address, _) = inner.split_once('>')?;
    head.eq_ignore_ascii_case(keyword).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers to what a client says, and what was caught.
    async fn talk(said: &str) -> (String, Vec<crate::mail::Mail>) {
        let mails = Mails::default();
        let mut answers = Vec::new();
        let session = Session {
            read: said.as_bytes(),
            write: &mut answers,
            mails: mails.clone(),
            envelope: Envelope::default(),
        };
        session.run().await.unwrap();
        (String::from_utf8(answers).unwrap(), mails.newest_first())
    }

    #[tokio::test]
    async fn a_mail_is_taken_without_its_stuffed_dots() {
        let (answers, mails) = talk(
            "EHLO me\r\nMAIL FROM:<a@x.ch> BODY=8BITMIME\r\nRCPT TO:<b@x.ch>\r\nrcpt to:<c@x.ch>\r\nDATA\r\n\
             Subject: hi\r\n\r\n..one\r\n.two\r\n.\r\nNOOP\r\nQUIT\r\n",
        )
        .await;
        let codes: Vec<&str> = answers.lines().map(|line| &line[..3]).collect();
        assert_eq!(
            codes,
            "220 250 250 250 250 250 250 250 354 250 250 221"
                .split(' ')
                .collect::<Vec<_>>()
        );
        assert_eq!(
            (mails[0].to.as_str(), mails[0].from.as_str()),
            ("b@x.ch, c@x.ch", "a@x.ch")
        );
        assert_eq!(mails[0].text, ".one\ntwo\n");
    }

    #[tokio::test]
    async fn the_order_of_commands_counts() {
        let (answers, mails) = talk(
            "HELO me\r\nRCPT TO:<b@x.ch>\r\nDATA\r\nMAIL FROM:<>\r\nMAIL FROM:<a@x.ch>\r\nRCPT TO:<>\r\nDATA\r\n\
             RSET\r\nRCPT TO:<b@x.ch>\r\nMAIL b\r\nEXPN\r\nQUIT\r\n",
        )
        .await;
        let codes: Vec<&str> = answers.lines().map(|line| &line[..3]).collect();
        assert_eq!(
            codes,
            "220 250 503 503 250 503 501 503 250 503 501 500 221"
                .split(' ')
                .collect::<Vec<_>>()
        );
        assert!(mails.is_empty());
    }

    #[tokio::test]
    async fn a_mail_that_is_too_large_is_refused_and_the_next_taken() {
        let line = "x".repeat(998) + "\r\n";
        let envelope = "MAIL FROM:<a@x.ch>\r\nRCPT TO:<b@x.ch>\r\nDATA\r\n";
        let large = line.repeat(SIZE / 1000 + 2);
        let (answers, mails) = talk(&format!(
            "{envelope}{large}.\r\n{envelope}Subject: small\r\n\r\n.\r\nQUIT\r\n"
        ))
        .await;
        assert!(answers.contains("552 too large"), "{answers}");
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].subject, "small");
    }

    #[tokio::test]
    async fn a_message_cut_short_is_no_mail() {
        let mails = Mails::default();
        let said = "MAIL FROM:<a@x.ch>\r\nRCPT TO:<b@x.ch>\r\nDATA\r\nSubject: hi\r\n";
        let session = Session {
            read: said.as_bytes(),
            write: tokio::io::sink(),
            mails: mails.clone(),
            envelope: Envelope::default(),
        };
        assert!(session.run().await.is_err());
        assert!(mails.newest_first().is_empty());
    }

    #[tokio::test]
    async fn it_serves_and_stops() {
        let service = crate::mail::start(Mails::default()).await.unwrap();
        let socket = tokio::net::TcpStream::connect(service.address()).await.unwrap();
        let mut lines = BufReader::new(socket).lines();
        assert_eq!(
            lines.next_line().await.unwrap().unwrap(),
            "220 mapgate mail catcher"
        );
        service.stop().await;
        assert!(lines.next_line().await.ok().flatten().is_none());
    }
}
