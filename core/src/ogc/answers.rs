//! Answers of WFS that the proxy writes itself, or anew.

use super::Operation;
use super::document::{Child, Document, Node};
use super::forward::Forward;
use super::urls::UrlRewriter;
use super::wfs::GET_FEATURE_BY_ID;
use super::xml::XmlError;
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// What a failed action is told in place of the server's words.
const FAILED: &str = "The map server could not do it.";

/// The answer to `ListStoredQueries` and `DescribeStoredQueries` (OGC 09-025r2, 14.3 and 14.4), with the types that
/// the user may read: a server's own would name all of them, and queries that nobody is let through to.
#[must_use]
pub fn stored_queries(forward: &Forward) -> String {
    let (root, element) = match forward.operation {
        Operation::DescribeStoredQueries => ("DescribeStoredQueriesResponse", "StoredQueryDescription"),
        _ => ("ListStoredQueriesResponse", "StoredQuery"),
    };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:{root} xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
    );
    let attribute = |value: &str| escape(value).replace('\n', "&#10;").replace('\t', "&#9;");
    for (prefix, uri) in &forward.namespaces {
        // Writing to a String does not fail.
        let _ = write!(text, " xmlns:{prefix}=\"{}\"", attribute(uri));
    }
    text.push('>');
    for id in GET_FEATURE_BY_ID {
        let _ = write!(
            text,
            "\n  <wfs:{element} id=\"{id}\">\n    <wfs:Title>Get feature by identifier</wfs:Title>"
        );
        let types: Vec<_> = forward.layers.iter().map(|name| escape(name.as_str())).collect();
        if forward.operation == Operation::DescribeStoredQueries {
            let _ = write!(
                text,
                "\n    <wfs:Parameter name=\"ID\" type=\"xs:string\"/>\n    <wfs:QueryExpressionText isPrivate=\"true\" \
                 language=\"urn:ogc:def:queryLanguage:OGC-WFS::WFS_QueryExpression\" returnFeatureTypes=\"{}\"/>",
                types.join(" ")
            );
        } else {
            for name in types {
                let _ = write!(
                    text,
                    "\n    <wfs:ReturnFeatureType>{name}</wfs:ReturnFeatureType>"
                );
            }
        }
        let _ = write!(text, "\n  </wfs:{element}>");
    }
    let _ = write!(text, "\n</wfs:{root}>\n");
    text
}

/// A server's answer to a `Transaction`, written anew: its URLs become the proxy's, and what it says of failed actions,
/// which can hold SQL, one plain line. Refuses what is no such answer; an exception is for others to read.
pub fn transaction_answer(answer: &str, urls: &UrlRewriter) -> Result<String, XmlError> {
    let mut document = Document::parse(answer)?;
    if !matches!(
        document.root.local(),
        "TransactionResponse" | "WFS_TransactionResponse"
    ) {
        return Err(XmlError::Unexpected);
    }
    reduce(&mut document.root, urls);
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n",
        document.root.write()
    ))
}

fn reduce(node: &mut Node, urls: &UrlRewriter) {
    if matches!(node.local(), "Message" | "ExceptionText" | "ServiceException") {
        node.children = vec![Child::Text(FAILED.to_owned())];
    }
    for attribute in &mut node.attributes {
        attribute.value = urls.rewrite(&attribute.value).into_owned();
    }
    for child in &mut node.children {
        match child {
            Child::Element(inner) => reduce(inner, urls),
            Child::Text(text) => *text = urls.rewrite(text).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transactions_answer_loses_the_servers_words() {
        let urls = UrlRewriter::new(["http://backend:8090/ows"], "https://p/m?");
        let answer = "<WFS_TransactionResponse version=\"1.0.0\" xmlns:ogc=\"http://www.opengis.net/ogc\"><InsertResult><ogc:FeatureId fid=\"roads.1\"/></InsertResult><TransactionResult><Status><FAILED/></Status><Message>SQL at http://backend:8090/ows?x</Message></TransactionResult></WFS_TransactionResponse>";
        let written = transaction_answer(answer, &urls).unwrap();
        assert!(
            written.contains("fid=\"roads.1\"") && written.contains("<FAILED/>") && written.contains(FAILED),
            "{written}"
        );
        assert!(
            !written.contains("SQL") && !written.contains("backend"),
            "{written}"
        );
        for other in ["<html/>", "<ServiceExceptionReport/>", "x", ""] {
            assert!(transaction_answer(other, &urls).is_err(), "{other}");
        }
    }
}
