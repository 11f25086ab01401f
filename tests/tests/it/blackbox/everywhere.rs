//! Tests that hold wherever the functions run: on the harness, each on a site of its own, and under `cargo lambda
//! watch`, all on one (see `watch.rs`). So a case leaves no trace that another could see.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mapgate_tests::{Setup, Site};

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
