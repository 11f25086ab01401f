//! A request as it goes on to its server.

use super::params::{Params, write_query};
use super::request::Carrier;
use super::{Operation, Service};

/// With a longer address a request goes on as a form: servers and their fronts read about 8 KiB of a request's first line and
/// headers.
const LONGEST_ADDRESS: usize = 6 * 1024;

/// A request that may go on to its server.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The service.
    pub service: Service,
    /// The version.
    pub version: &'static str,
    /// The operation.
    pub operation: Operation,
    /// The layers that the server is asked for, groups expanded.
    pub layers: Vec<String>,
    /// Whether everybody may read each of them; false where there is none.
    pub public: bool,
    /// The parameters, written anew from what was understood, names in upper case.
    pub query: Params,
    /// How it is carried; as a document it has no parameters.
    pub carrier: Carrier,
    /// What the prefixes of the layers' names stand for.
    pub namespaces: Vec<(String, String)>,
}

impl Forward {
    /// The query string for the server. The caller's own parameters come last, since a server that finds a name twice
    /// reads the last; no parameter of the client has such a name here.
    #[must_use]
    pub fn query_string<'a>(&'a self, own: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        write_query(self.query.iter().chain(own))
    }
}

impl Forward {
    /// Whether the answer is the same for everybody, so that everybody may keep it: a legend of what is public.
    #[must_use]
    pub fn is_for_everybody(&self) -> bool {
        self.operation == Operation::GetLegendGraphic && self.public
    }

    /// The query string for the server at this URL, and the body with its media type where it goes by POST. The caller's own
    /// parameters stand in the URL: there they count, whatever a body says. What is too long for a URL, a group's many
    /// layers say, goes as a form.
    #[must_use]
    pub fn written<'a>(
        &'a self,
        url: &str,
        own: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (String, Option<(&'static str, String)>) {
        let own = write_query(own);
        let asked = self.query_string([]);
        match &self.carrier {
            // With what joins the three.
            Carrier::Query if url.len() + asked.len() + own.len() + 2 <= LONGEST_ADDRESS => {
                let separator = if own.is_empty() { "" } else { "&" };
                (format!("{asked}{separator}{own}"), None)
            }
            Carrier::Query | Carrier::Form => (own, Some(("application/x-www-form-urlencoded", asked))),
            Carrier::Xml(document) => (own, Some(("text/xml; charset=UTF-8", document.clone()))),
        }
    }
}
