//! The `FILTER` parameter of `GetFeature` (OGC 02-059, 04-095, 09-026r2): it must stay within the types asked for.

use super::exception::OgcError;
use super::rules::like;
use super::xml::{Element, Handler, XmlError, walk_slice};

/// More than any filter.
const MAX_FILTER: usize = 64 * 1024;

/// Refuses a filter that is not well-formed, is larger than it may be, calls functions, or names features (by id) of
/// another type than those asked for. In brackets there are several, one a query: `(<Filter/>)(<Filter/>)`.
pub(super) fn check(filter: &str, types: &[String]) -> Result<(), OgcError> {
    let invalid = || OgcError::invalid("FILTER");
    if filter.len() > MAX_FILTER {
        return Err(invalid());
    }
    let inner = filter
        .trim()
        .strip_prefix('(')
        .map(|rest| rest.strip_suffix(')').ok_or_else(invalid))
        .transpose()?;
    let filters: Vec<&str> = inner.map_or_else(|| vec![filter], |inner| inner.split(")(").collect());
    for one in filters.into_iter().filter(|one| !one.is_empty()) {
        walk_slice(one.as_bytes(), &mut Check { types, root: true }).map_err(|_| invalid())?;
    }
    Ok(())
}

struct Check<'a> {
    types: &'a [String],
    root: bool,
}

impl Handler for Check<'_> {
    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        let root = std::mem::replace(&mut self.root, false);
        let id = match element.local {
            "Filter" if root => None,
            "Function" => return Err(XmlError::Unexpected),
            "FeatureId" => element.attribute("fid"),
            "GmlObjectId" => element.attribute("id"),
            "ResourceId" => element.attribute("rid"),
            _ if root => return Err(XmlError::Unexpected),
            _ => None,
        };
        let of_type = |id: &str| {
            id.rsplit_once('.')
                .is_some_and(|(name, _)| self.types.iter().any(|asked| like(asked, name)))
        };
        if id.is_some_and(|id| !of_type(id)) {
            Err(XmlError::Unexpected)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_stays_within_its_types() {
        let types = ["ms:roads".to_owned()];
        for good in [
            "<Filter><PropertyIsEqualTo><PropertyName>a</PropertyName><Literal>1</Literal></PropertyIsEqualTo></Filter>",
            "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\"><fes:ResourceId rid=\"roads.1\"/></fes:Filter>",
            "(<Filter><FeatureId fid='roads.1'/></Filter>)()",
        ] {
            assert!(check(good, &types).is_ok(), "{good}");
        }
        for bad in [
            "<Filter><FeatureId fid='parcels.1'/></Filter>",
            "<Filter><FeatureId fid='1'/></Filter>",
            "<Filter><ResourceId rid='&#112;arcels.1'/></Filter>",
            "<Filter><PropertyIsEqualTo><Function name='querySingle'/></PropertyIsEqualTo></Filter>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Filter>&x;</Filter>",
            "<GetFeature/>",
            "parcels:a = 1",
            "(<Filter/>",
        ] {
            assert!(check(bad, &types).is_err(), "{bad}");
        }
    }
}
