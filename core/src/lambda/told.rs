//! One line of the log for each request: what it was, what came of it, and its metrics in `CloudWatch`'s embedded metric
//! format, which makes metrics of log lines.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::measure::{Count, Measures};

/// The namespace of all metrics.
const NAMESPACE: &str = "mapgate";

/// A request, and what came of it.
pub(super) struct Told<'a> {
    pub(super) function: &'a str,
    pub(super) version: &'a str,
    pub(super) request_id: &'a str,
    pub(super) method: &'a Method,
    pub(super) status: StatusCode,
    pub(super) took: Duration,
    pub(super) measures: &'a Measures,
}

impl Told<'_> {
    /// The line. A path or a query is not in it: they can hold what is secret; the route is.
    pub(super) fn line(&self, now: Timestamp) -> Value {
        let measures = self.measures;
        let mut metrics = vec![metric("Latency", "Milliseconds")];
        let mut values = Map::from_iter([("Latency".to_owned(), milliseconds(self.took))]);
        let mut add = |name: &str, unit: &str, value: Value| {
            metrics.push(metric(name, unit));
            values.insert(name.to_owned(), value);
        };
        if measures.table_requests > 0 {
            add("TableRequests", "Count", json!(measures.table_requests));
            add("TableTime", "Milliseconds", milliseconds(measures.table_time));
        }
        if measures.counts.contains_key(&Count::ProxiedRequests) {
            add("BackendTime", "Milliseconds", milliseconds(measures.backend_time));
        }
        // A map server's faults are not ours: no alarm takes a version of mapgate back for them.
        let is_backends = matches!(self.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT);
        let is_own = self.status.is_server_error() && !is_backends;
        if is_backends {
            add("BackendErrors", "Count", json!(1));
        }
        if is_own {
            add("ServerErrors", "Count", json!(1));
        }
        for (what, count) in &measures.counts {
            add(what.as_str(), "Count", json!(count));
        }
        let mut directives = vec![directive(&["Function"], &metrics)];
        if is_own {
            // For the alarm on a version that comes in.
            directives.push(directive(
                &["Function", "Version"],
                &[metric("ServerErrors", "Count")],
            ));
        }
        let mut line = json!({
            "_aws": { "Timestamp": now.millis(), "CloudWatchMetrics": directives },
            "Function": self.function,
            "Version": self.version,
            "level": "INFO",
            "message": "answered",
            "requestId": self.request_id,
            "method": self.method.as_str(),
            "route": measures.route,
            "status": self.status.as_u16(),
            "userId": measures.user_id,
        });
        if let Some(line) = line.as_object_mut() {
            line.append(&mut values);
        }
        line
    }
}

fn directive(dimensions: &[&str], metrics: &[Value]) -> Value {
    json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics })
}

fn metric(name: &str, unit: &str) -> Value {
    json!({ "Name": name, "Unit": unit })
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> Value {
    let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    json!(f64::from(micros) / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_line_names_each_metric_that_it_has_and_no_other() {
        let mut measures = Measures::default();
        measures.route = Some("/login".to_owned());
        measures.user_id = Some(7);
        measures.table_requests = 3;
        measures.table_time = Duration::from_micros(4500);
        measures.counts = BTreeMap::from([(Count::Logins, 1)]);
        let mut told = Told {
            function: "login",
            version: "7",
            request_id: "r-1",
            method: &Method::POST,
            status: StatusCode::OK,
            took: Duration::from_millis(12),
            measures: &measures,
        };
        let line = told.line(Timestamp::from_seconds(5));
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        let names: Vec<&str> = metrics["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| metric["Name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["Latency", "TableRequests", "TableTime", "Logins"]);
        assert!(names.iter().all(|name| line[name].is_number()), "{line}");
        assert_eq!(
            (&line["_aws"]["Timestamp"], &metrics["Dimensions"]),
            (&json!(5000), &json!([["Function"]]))
        );
        assert_eq!(
            [
                &line["Function"],
                &line["requestId"],
                &line["method"],
                &line["route"],
                &line["status"],
                &line["userId"]
            ],
            [
                &json!("login"),
                &json!("r-1"),
                &json!("POST"),
                &json!("/login"),
                &json!(200),
                &json!(7)
            ]
        );
        assert_eq!(
            (&line["Latency"], &line["TableTime"]),
            (&json!(12.0), &json!(4.5))
        );
        // A fault of mapgate's own is its version's too; a map server's is not.
        for (status, name, directives) in [
            (503, "ServerErrors", 2),
            (502, "BackendErrors", 1),
            (504, "BackendErrors", 1),
        ] {
            told.status = StatusCode::from_u16(status).unwrap();
            let line = told.line(Timestamp::from_seconds(5));
            let told = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
            assert_eq!((&line[name], told.len()), (&json!(1), directives), "{line}");
            if let Some(of_version) = told.get(1) {
                assert_eq!(of_version["Dimensions"], json!([["Function", "Version"]]));
                assert_eq!(of_version["Metrics"], json!([metric("ServerErrors", "Count")]));
                assert_eq!(line["Version"], "7");
            }
        }
    }
}
