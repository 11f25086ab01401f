//! Schemathesis, which sends to the administration's API what its `OpenAPI` document allows, and what it does not.

use mapgate_tests::{Setup, client};

#[tokio::test]
async fn the_api_answers_as_its_document_says_and_never_with_a_500() {
    let site = Setup::default().start().await;
    let admin = site.admin().await;
    let cookie = format!("auth_tkt={}", admin.cookie("auth_tkt").unwrap());
    let document = format!("{}/admin/api/openapi.json", site.url);
    let found = client("schemathesis_check.py", &[&document, &cookie]).await;
    let runs = found.as_array().unwrap();
    let said = |run: &serde_json::Value| run["output"].as_str().unwrap_or_default().to_owned();
    for run in runs {
        assert_eq!(run["passed"], true, "{}", said(run));
    }
    let operations: u64 = runs.iter().filter_map(|run| run["operations"].as_u64()).sum();
    assert_eq!(operations, 35);
    let first = &runs[0];
    assert!(first["cases"].as_u64() > Some(1000), "{}", said(first));
    assert_eq!(first["warned"], false, "{}", said(first));
    // Whatever it did, there is an administrator left.
    let admin = site.admin().await;
    admin.get("/admin/api/users/1004").await.is(200, "role_admin");
}
