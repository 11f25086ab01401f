//! What others' certificates are checked with.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Trusts the certificates of a PEM file, or the system's where none is given. An error says what is wrong with them.
/// Reads files: some milliseconds' work.
pub fn trusting(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| named(&error))? {
                let certificate = certificate.map_err(|error| named(&error))?;
                roots.add(certificate).map_err(|error| named(&error))?;
            }
        }
        None => {
            // One certificate of many that cannot be read is the system's affair.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err("there are no certificates".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// For calls to others: checks certificates by the system's authorities, or takes any (`http_options.verify: false`). Where the
/// machine has no authorities, https fails with that as its reason, and plain http does not.
pub(super) fn towards_others(verify: bool) -> Result<ClientConfig, String> {
    if !verify {
        return judging_by(None);
    }
    trusting(None).or_else(|fault| {
        let fault = format!("the certificate authorities of this machine cannot be used: {fault}");
        tracing::error!(fault, "every https address will fail");
        judging_by(Some(fault))
    })
}

/// Takes any certificate, or none for this reason.
fn judging_by(fault: Option<String>) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verdict { provider, fault }))
        .with_no_client_auth())
}

/// The same for every certificate.
#[derive(Debug)]
struct Verdict {
    provider: Arc<CryptoProvider>,
    fault: Option<String>,
}

impl ServerCertVerifier for Verdict {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.fault {
            Some(fault) => Err(Error::General(fault.clone())),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_no_authorities_each_certificate_is_refused_for_that() {
        for fault in [None, Some("there are no certificates".to_owned())] {
            let verdict = Verdict {
                provider: Arc::new(aws_lc_rs::default_provider()),
                fault: fault.clone(),
            };
            let certificate = CertificateDer::from(Vec::new());
            let name = ServerName::try_from("maps.example.com").unwrap();
            let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
            let found = verdict.verify_server_cert(&certificate, &[], &name, &[], now);
            assert_eq!(found.err(), fault.map(Error::General));
        }
        assert!(trusting(Some(Path::new("/dev/null"))).is_err());
        assert!(towards_others(true).is_ok() && towards_others(false).is_ok());
    }
}
