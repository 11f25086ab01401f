//! Events of each gateway before Lambda, made of those in `world/events`, which have every field that AWS documents, and what a
//! function hands back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A kind of gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gateway {
    /// API Gateway's HTTP API (payload 2.0).
    HttpApi,
    /// API Gateway's REST API (payload 1.0), at the stage `prod`.
    RestApi,
    /// A load balancer.
    Alb,
    /// One whose target group has multi-value headers.
    AlbMultiValue,
    /// A function's own URL.
    FunctionUrl,
}

/// What a client asks of a gateway.
#[derive(Debug, Clone, Default)]
pub struct Sent<'a> {
    /// The path that the gateway was asked for.
    pub path: &'a str,
    /// The query's names and values, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// The cookies, as one header has them.
    pub cookie: Option<&'a str>,
    /// A form makes it a POST.
    pub form: Option<&'a str>,
    /// Another Host header.
    pub host: Option<&'a str>,
}

impl Gateway {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::HttpApi,
        Self::RestApi,
        Self::Alb,
        Self::AlbMultiValue,
        Self::FunctionUrl,
    ];

    fn documented(self) -> Value {
        let text = match self {
            Self::HttpApi => include_str!("../world/events/http_api.json"),
            Self::RestApi => include_str!("../world/events/rest_api.json"),
            Self::Alb => include_str!("../world/events/alb.json"),
            Self::AlbMultiValue => include_str!("../world/events/alb_multi_value.json"),
            Self::FunctionUrl => include_str!("../world/events/function_url.json"),
        };
        serde_json::from_str(text).expect("JSON")
    }

    /// The event of a request.
    #[must_use]
    pub fn event(self, sent: &Sent<'_>) -> Value {
        let mut event = self.documented();
        let method = if sent.form.is_some() { "POST" } else { "GET" };
        let mut headers = Vec::new();
        if let Some(form) = sent.form {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            event["body"] = STANDARD.encode(form).into();
            event["isBase64Encoded"] = true.into();
        }
        headers.extend(sent.host.map(|host| ("host", host)));
        match self {
            Self::HttpApi | Self::FunctionUrl => {
                event["rawPath"] = sent.path.into();
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(sent.query)
                    .finish();
                event["rawQueryString"] = query.into();
                event["requestContext"]["http"]["path"] = sent.path.into();
                event["requestContext"]["http"]["method"] = method.into();
                if let Some(cookie) = sent.cookie {
                    event["cookies"] = cookie.split("; ").collect();
                }
            }
            Self::RestApi | Self::Alb | Self::AlbMultiValue => {
                event["path"] = sent.path.into();
                event["httpMethod"] = method.into();
                headers.extend(sent.cookie.map(|cookie| ("cookie", cookie)));
                self.set_query(&mut event, sent.query);
                if self == Self::RestApi {
                    event["requestContext"]["path"] = format!("/prod{}", sent.path).into();
                    event["requestContext"]["httpMethod"] = method.into();
                }
            }
        }
        for (name, value) in headers {
            for (list, value) in [("headers", json!(value)), ("multiValueHeaders", json!([value]))] {
                if let Some(there) = event.get_mut(list).and_then(Value::as_object_mut) {
                    set(there, name, value);
                }
            }
        }
        event
    }

    /// A REST API decodes a query, a load balancer leaves it as it is.
    fn set_query(self, event: &mut Value, query: &[(&str, &str)]) {
        for (name, value) in query {
            let value = match self {
                Self::RestApi => (*value).to_owned(),
                _ => url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
            };
            if self != Self::AlbMultiValue {
                event["queryStringParameters"][*name] = value.clone().into();
            }
            if self != Self::Alb {
                event["multiValueQueryStringParameters"][*name] = json!([value]);
            }
        }
    }

    /// The Set-Cookie headers of what a function handed back.
    ///
    /// # Panics
    /// Where they stand elsewhere than this kind of gateway looks for them.
    #[must_use]
    pub fn set_cookies(self, answer: &Value) -> Vec<String> {
        let list = match self {
            Self::HttpApi | Self::FunctionUrl => &answer["cookies"],
            Self::RestApi | Self::Alb | Self::AlbMultiValue => &answer["multiValueHeaders"]["set-cookie"],
        };
        let list = list.as_array().unwrap_or_else(|| panic!("{self:?}: {answer}"));
        list.iter()
            .map(|cookie| cookie.as_str().unwrap().to_owned())
            .collect()
    }
}

/// Sets a header, whose name the recorded event may spell with capitals.
fn set(headers: &mut Map<String, Value>, name: &str, value: Value) {
    headers.retain(|known, _| !known.eq_ignore_ascii_case(name));
    headers.insert(name.to_owned(), value);
}
