//! Randomness, passed in, so that a test can repeat it. Nothing else in mapgate draws random bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where random bytes come from: the operating system, or a row that a test can repeat.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

impl Random {
    /// The operating system's randomness, fit for keys.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A row of bytes that is the same for the same seed: for tests, never for keys.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded {
            seed,
            drawn: Arc::new(AtomicU64::new(0)),
        })
    }

    /// `N` random bytes.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that draws from the system"
    )]
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?,
            Source::Seeded { seed, drawn } => {
                for chunk in bytes.chunks_mut(digest::SHA256_OUTPUT_LEN) {
                    let turn = drawn.fetch_add(1, Ordering::SeqCst);
                    let mut input = seed.to_be_bytes().to_vec();
                    input.extend(turn.to_be_bytes());
                    let block = digest::digest(&digest::SHA256, &input);
                    chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
                }
            }
        }
        Ok(bytes)
    }

    /// A token of `N` random bytes in unpadded base64url (RFC 4648 §5).
    pub fn token<const N: usize>(&self) -> Result<String, NoRandomness> {
        Ok(URL_SAFE_NO_PAD.encode(self.bytes::<N>()?))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_a_draw_does_not() {
        let (one, other) = (Random::seeded(7), Random::seeded(7));
        let first = one.bytes::<40>().unwrap();
        assert_eq!(first, other.bytes::<40>().unwrap());
        assert_ne!(first, one.bytes::<40>().unwrap());
    }

    #[test]
    fn the_system_gives_different_tokens() {
        let random = Random::system();
        assert_ne!(random.token::<32>().unwrap(), random.token::<32>().unwrap());
        assert_eq!(random.token::<32>().unwrap().len(), 43);
    }
}
