//! Tickets that were found genuine, by their hash: a browser sends its own with every tile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

use crate::secrets::Secrets;
use crate::session::{BadTicket, Ticket};

/// The most tickets remembered at a time; beyond it the memory starts anew.
const REMEMBERED: usize = 4096;

/// Verifies tickets. Only the digest is remembered: whether time, session and user still hold is looked at each time.
#[derive(Debug, Default)]
pub(super) struct Tickets(Mutex<Option<Genuine>>);

/// Tickets that these keys verify: a key taken out of the secret takes its tickets with it.
#[derive(Debug)]
struct Genuine {
    secrets: Arc<Secrets>,
    tickets: HashMap<[u8; 32], Ticket>,
}

impl Tickets {
    /// Like [`Ticket::verify`], with the secret's keys.
    pub fn verify(&self, value: &str, secrets: &Arc<Secrets>) -> Result<Ticket, BadTicket> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, value.as_bytes()).as_ref());
        let memory = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_these = |genuine: &&Genuine| Arc::ptr_eq(&genuine.secrets, secrets);
        let known = memory()
            .as_ref()
            .filter(of_these)
            .and_then(|genuine| genuine.tickets.get(&hash).cloned());
        if let Some(ticket) = known {
            return Ok(ticket);
        }
        let ticket = Ticket::verify(value, secrets.authtkt_verifying())?;
        let mut memory = memory();
        let kept = memory.take().filter(|genuine| of_these(&genuine));
        let mut genuine = kept.unwrap_or_else(|| Genuine {
            secrets: secrets.clone(),
            tickets: HashMap::new(),
        });
        if genuine.tickets.len() >= REMEMBERED {
            genuine.tickets.clear();
        }
        genuine.tickets.insert(hash, ticket.clone());
        *memory = Some(genuine);
        Ok(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::settings::Secret;

    fn secrets(letter: char) -> Arc<Secrets> {
        let ticket: String = std::iter::repeat_n(letter, 64).collect();
        let document = format!(
            r#"{{"jwt":[{{"kid":"k","pem":""}}],"data_keys":[{{"id":"d","key":"{}="}}]}}"#,
            "A".repeat(43)
        );
        Arc::new(Secrets::parse(&document, Some(&Secret::new(ticket))).unwrap())
    }

    #[test]
    fn a_ticket_that_is_remembered_goes_with_its_key() {
        let (old, new) = (secrets('a'), secrets('b'));
        let ticket = Ticket {
            username: "jane".to_owned(),
            issued_at: Timestamp::from_seconds(1_700_000_000),
            session: None,
        };
        let value = ticket.sign(old.authtkt_signing(Timestamp::from_seconds(1)).unwrap());
        let tickets = Tickets::default();
        for _ in 0..2 {
            assert_eq!(tickets.verify(&value, &old), Ok(ticket.clone()));
        }
        for _ in 0..2 {
            assert_eq!(tickets.verify(&value, &new), Err(BadTicket::Digest));
            assert_eq!(tickets.verify(&format!("{value}x"), &old), Err(BadTicket::Digest));
        }
        assert_eq!(tickets.verify(&value, &old), Ok(ticket));
    }
}
