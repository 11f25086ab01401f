//! The OAuth2 clients that QGIS Desktop can be.

use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::oauth::{MAP, RedirectMatch, grant_scope, match_redirect_uri};
use mapgate_core::table::Client;

/// Where QGIS listens unless told otherwise, as it writes it.
pub(super) const REDIRECT_PORT: u16 = 7070;
const REDIRECT_URI: &str = "http://127.0.0.1:7070/";

/// So many clients are looked through, a hundred a request.
const PAGES: usize = 3;

/// The clients that QGIS can be, as far as they were looked through.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) suited: Vec<Client>,
    /// Whether there are more to look through.
    pub(super) has_more: bool,
}

/// Whether QGIS can be this client: it listens on the device itself, sends neither `state` nor, where it has a secret, a
/// PKCE challenge, and asks for maps.
pub(super) fn is_suited(client: &Client) -> bool {
    match_redirect_uri(REDIRECT_URI, &client.redirect_uris) == RedirectMatch::Registered
        && !client.state_required
        && (client.is_public() || !client.pkce_required)
        && grant_scope(Some(MAP), &client.scopes).is_ok()
}

/// The clients to choose from, by identifier.
pub(super) async fn clients(gate: &Gate) -> Result<Clients, Failure> {
    let table = gate.table().await;
    let (mut suited, mut after) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = table.clients("", false, after.as_deref(), 100).await?;
        suited.extend(page.clients.into_iter().filter(is_suited));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(Clients {
        suited,
        has_more: after.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use mapgate_core::clock::Timestamp;

    use super::*;

    fn suited(change: impl FnOnce(&mut Client)) -> bool {
        let mut client = Client {
            client_id: "qgis".to_owned(),
            secret_hash: Some("hash".to_owned()),
            redirect_uris: vec!["http://127.0.0.1/".to_owned()],
            state_required: false,
            pkce_required: false,
            single_session: true,
            scopes: Vec::new(),
            made_at: Timestamp::from_seconds(0),
        };
        change(&mut client);
        is_suited(&client)
    }

    #[test]
    fn qgis_can_be_what_listens_on_the_device_and_asks_no_more_of_it_than_it_sends() {
        assert!(suited(|_| {}));
        assert!(suited(|client| client.redirect_uris =
            vec!["https://a/cb".to_owned(), "http://127.0.0.1:7070".to_owned()]));
        assert!(suited(|client| {
            (client.secret_hash, client.pkce_required) = (None, true);
        }));
        for uri in [
            "https://a/cb",
            "http://127.0.0.1:7070/cb",
            "http://localhost:7070/",
        ] {
            assert!(
                !suited(|client| client.redirect_uris = vec![uri.to_owned()]),
                "{uri}"
            );
        }
        assert!(!suited(|client| client.state_required = true));
        assert!(!suited(|client| client.pkce_required = true));
        assert!(!suited(|client| client.scopes = vec!["openid".to_owned()]));
    }
}
