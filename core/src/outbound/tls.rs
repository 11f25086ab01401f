//! What others' certificates are checked with.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Trusts the certificates of a PEM file, or the system's where none is given. An error says what is wrong with the file.
/// Reads it: some milliseconds' work.
pub fn trusting(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let Some(path) = ca_file else {
        return judged_by(|provider| Arc::new(OfSystem(provider)));
    };
    let mut roots = RootCertStore::empty();
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| named(&error))? {
        let certificate = certificate.map_err(|error| named(&error))?;
        roots.add(certificate).map_err(|error| named(&error))?;
    }
    if roots.is_empty() {
        return Err("there are no certificates".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// For calls to others: checks certificates by the system's authorities, or takes any (`http_options.verify: false`).
pub(super) fn towards_others(verify: bool) -> Result<ClientConfig, String> {
    if verify {
        trusting(None)
    } else {
        judged_by(|provider| Arc::new(Anybody(provider)))
    }
}

fn judged_by(
    judge: impl FnOnce(Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(judge(provider))
        .with_no_client_auth())
}

/// By the system's authorities. They are read when the first certificate is to be checked, once for the process: most of what a cold
/// start could take. Where there are none, https fails with that as its reason, and plain http does not.
#[derive(Debug)]
struct OfSystem(Arc<CryptoProvider>);

impl OfSystem {
    fn read(&self) -> Result<&'static WebPkiServerVerifier, Error> {
        static AUTHORITIES: OnceLock<Arc<WebPkiServerVerifier>> = OnceLock::new();
        if let Some(read) = AUTHORITIES.get() {
            return Ok(read);
        }
        let read = verifying(rustls_native_certs::load_native_certs().certs, &self.0);
        let read = read.inspect_err(|fault| tracing::error!(fault, "every https address fails"));
        let read = read.map_err(Error::General)?;
        Ok(AUTHORITIES.get_or_init(|| read))
    }
}

/// By these authorities. One of many that cannot be read is the system's affair.
fn verifying(
    authorities: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| format!("the certificate authorities of this machine cannot be used: {error}"))
}

impl ServerCertVerifier for OfSystem {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.read()?
            .verify_server_cert(certificate, between, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes any certificate.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
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
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_no_authorities_is_said_so() {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let fault = verifying(Vec::new(), &provider).unwrap_err();
        assert!(
            fault.starts_with("the certificate authorities of this machine"),
            "{fault}"
        );
        assert!(trusting(Some(Path::new("/dev/null"))).is_err());
    }

    #[test]
    fn what_is_no_certificate_is_refused_where_certificates_are_checked() {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certificate = CertificateDer::from(Vec::new());
        let name = ServerName::try_from("maps.example.com").unwrap();
        let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        let judges: [(Arc<dyn ServerCertVerifier>, bool); 2] = [
            (Arc::new(OfSystem(provider.clone())), false),
            (Arc::new(Anybody(provider)), true),
        ];
        for (judge, takes) in judges {
            let found = judge.verify_server_cert(&certificate, &[], &name, &[], now);
            assert_eq!(found.is_ok(), takes);
        }
        assert!(towards_others(true).is_ok() && towards_others(false).is_ok());
    }
}
