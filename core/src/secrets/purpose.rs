//! What a keyed hash is for. Two purposes never give the same hash, so that one cannot stand in for another.

use aws_lc_rs::hmac;

/// What a keyed hash is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The name under which the tries of one account name are counted.
    AttemptName,
    /// A form's token against cross-site requests.
    Csrf,
    /// An OAuth2 client's secret.
    ClientSecret,
    /// The name under which wrong secrets of one client from one network are counted.
    ClientSecretCounter,
    /// An authorization code (RFC 6749 §4.1.2).
    AuthorizationCode,
    /// That a user was asked whether a client may have access.
    Asked,
    /// A refresh token, a function of its family and counter (RFC 6749 §6).
    RefreshToken,
    /// A name and password that were tried, remembered in memory only.
    Credential,
    /// A recovery code of a second factor.
    RecoveryCode,
    /// What a reset mail gives out.
    Reset,
    /// The name under which reset mails of one user, or requests of one network, are counted.
    ResetCounter,
    /// A second factor's secret, sealed.
    FactorSecret,
    /// A queued mail, sealed.
    Mail,
    /// A login under way at another provider, sealed.
    ProviderLogin,
    /// That another provider vouches for a user, sealed.
    Voucher,
}

impl Purpose {
    /// The purpose's own key, of 32 bytes.
    pub(super) fn own_key(self, key: &[u8]) -> hmac::Tag {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::sign(&key, format!("mapgate {self:?}").as_bytes())
    }

    /// HMAC-SHA-256 of the parts, each with its length before it, under the purpose's own key.
    pub(super) fn mac(self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let own = self.own_key(key);
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()));
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }
}
