//! The form of errors (RFC 6749 §5.2), at every endpoint that takes a form.

use axum::body::Body;
use http::{Method, Request};
use mapgate_tests::gate::{get, post};

use super::{House, assert_refused};

const PATHS: [&str; 3] = ["/oauth/token", "/oauth/introspect", "/oauth/revoke_token"];

#[tokio::test]
async fn t32_what_is_no_post_of_a_form_is_refused_in_the_protocols_own_form() {
    let house = House::new().await;
    let send = async |request: Request<Body>| house.test.send(house.token_router(), request).await;
    for path in PATHS {
        let large = format!("token={}", "x".repeat(1024 * 1024));
        let form = ("content-type", "application/x-www-form-urlencoded");
        let json = ("content-type", "application/json");
        let asked = |method: Method, (name, value): (&str, &str), body: &str, length: bool| {
            let mut request = Request::builder().method(method).uri(path).header(name, value);
            if length {
                request = request.header("content-length", body.len());
            }
            request.body(Body::from(body.to_owned())).unwrap()
        };
        for (status, request) in [
            (405, get(path)),
            (405, asked(Method::PUT, form, "token=x", true)),
            (405, asked(Method::DELETE, form, "", false)),
            (413, asked(Method::POST, form, &large, true)),
            (413, asked(Method::POST, form, &large, false)),
            (415, asked(Method::POST, json, r#"{"token": "x"}"#, true)),
            (
                415,
                asked(Method::POST, ("content-type", "text/plain"), "token=x", true),
            ),
            (415, asked(Method::POST, ("accept", "*/*"), "token=x", true)),
            (400, asked(Method::POST, form, "token=%ff", true)),
            (400, asked(Method::POST, form, "token=%", true)),
        ] {
            let answer = send(request).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            assert_eq!(answer.json()["error"], "invalid_request", "{path} {status}");
            assert!(answer.json()["error_description"].is_string(), "{path} {status}");
            assert_eq!(answer.header("content-type"), "application/json");
            assert!(
                answer.header("cache-control").contains("no-store"),
                "{path} {status}"
            );
            assert_eq!(answer.header("pragma"), "no-cache", "{path} {status}");
            let allow = if status == 405 { "POST" } else { "" };
            assert_eq!(answer.header("allow"), allow, "{path} {status}");
        }
    }
}

#[tokio::test]
async fn t32_repeated_parameters_and_those_in_the_query_string_are_refused_everywhere() {
    let house = House::new().await;
    let client = [("client_id", "qgis"), ("client_secret", "1234"), ("token", "x")];
    for path in PATHS {
        for twice in ["token", "client_id", "anything"] {
            let mut fields = client.to_vec();
            fields.extend([(twice, "x"), (twice, "x")]);
            assert_refused(&house.post(path, &fields).await, "invalid_request");
        }
        for query in ["token=x", "client_secret=1234", "x"] {
            let request = post(&format!("{path}?{query}"), &client);
            let answer = house.test.send(house.token_router(), request).await;
            assert_refused(&answer, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_preflight_names_the_method_and_a_stranger_is_told_nothing() {
    let vars = "  headers:\n    oauth:\n      access_control_allow_origin: [\"https://app.example.com\"]";
    let house = House::on(mapgate_tests::gate::TestGate::with(vars, &[]).await).await;
    for path in PATHS {
        for (origin, methods) in [
            ("https://app.example.com", "POST,OPTIONS"),
            ("https://evil.example", ""),
        ] {
            let request = Request::options(path)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .body(Body::empty())
                .unwrap();
            let answer = house.test.send(house.token_router(), request).await;
            assert_eq!(answer.status, 204, "{path}");
            assert_eq!(answer.header("access-control-allow-methods"), methods, "{path}");
        }
    }
}
