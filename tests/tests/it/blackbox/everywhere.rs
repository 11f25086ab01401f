//! Tests that hold wherever the functions run: on the harness, each on a site of its own; under `cargo lambda watch`
//! (`watch.rs`) and on a deployed stack (`deployed.rs`) all on one. So a case leaves no trace that another could see.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mapgate_tests::{Setup, Site};

use super::{bad_input, login, mapserv_proxy, oauth};

/// A test's steps.
pub type Steps = fn(Arc<Site>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// A test by its name.
pub type Case = (&'static str, Steps);

/// The site of a case on the harness: what a session does shows at once.
pub async fn harness() -> Arc<Site> {
    Arc::new(
        Setup::default()
            .variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0")
            .start()
            .await,
    )
}

fn cases() -> impl Iterator<Item = &'static Case> {
    login::cases()
        .chain(oauth::cases())
        .chain(mapserv_proxy::cases())
        .chain(bad_input::CASES)
}

/// Runs all on one site, one after the other; `log` is for the one who looks for what went wrong.
pub async fn all_hold(site: &Arc<Site>, log: impl Fn() -> String) {
    let (mut held, mut failed) = (0, Vec::new());
    for (name, steps) in cases() {
        match tokio::spawn(steps(site.clone())).await {
            Ok(()) => held += 1,
            Err(_) => failed.push(*name),
        }
    }
    assert!(
        failed.is_empty(),
        "{held} held, these did not: {failed:#?}\n{}",
        log()
    );
    assert!(held > 50, "{held}");
}

/// Makes each function a test on the harness, and lists them as `CASES` for the other places.
macro_rules! everywhere {
    ($($case:ident),+ $(,)?) => {
        mod harness {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(crate::blackbox::everywhere::harness().await).await;
                }
            )+
        }

        pub const CASES: &[crate::blackbox::everywhere::Case] =
            &[$((concat!(module_path!(), "::", stringify!($case)), |site| Box::pin($case(site)))),+];
    };
}
