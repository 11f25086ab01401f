//! Switching two factors on: who has no second factor yet is at first login, whatever was given out before.

use std::sync::Arc;

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::identity::sign_ticket;
use mapgate_core::random::Random;
use mapgate_core::table::{FactorStage, SecondFactor, UserChange};
use mapgate_tests::gate::{get, post, with_header};

use super::{House, exchange_form, refresh_form, text};

/// The same site, where two factors are on.
fn strict(house: &House) -> Arc<Gate> {
    let mut settings = (*house.test.gate.settings).clone();
    settings.authentication.two_factor = true;
    let (aws, clock) = (house.test.gate.aws.clone(), house.test.clock.clone());
    Arc::new(Gate::new(settings, aws, clock, Random::system()).expect("a gate"))
}

#[tokio::test]
async fn what_was_given_out_before_counts_only_for_who_has_a_second_factor() {
    let house = House::new().await;
    let (tokens, code) = (house.tokens().await, house.code(|_| {}).await);
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let secrets = house.test.gate.secrets().await.expect("the secrets");
    let (random, now) = (&house.test.gate.random, house.test.clock.now());
    let ticket = sign_ticket(&secrets, random, now, &house.jane().await, None);
    let ticket = ticket.expect("randomness").expect("a key");
    let by_ticket = || with_header(get("/loginuser"), "cookie", &format!("auth_tkt={ticket}"));
    let by_token = || with_header(get("/loginuser"), "authorization", &format!("Bearer {access}"));
    for stage in [None, Some(FactorStage::Pending)] {
        let factor = stage.map(|stage| SecondFactor {
            sealed_secret: "sealed".to_owned(),
            begun_at: now,
            stage,
        });
        house
            .change_jane(&UserChange {
                second_factor: Some(factor),
                ..UserChange::default()
            })
            .await;
        let gate = strict(&house);
        let login = || mapgate_login::router(gate.clone());
        let token = async |fields: &[(&str, &str)]| {
            let router = mapgate_oauth_token::router(gate.clone());
            house.test.send(router, post("/oauth/token", fields)).await
        };
        let told = house.test.send(login(), by_ticket()).await;
        assert!(told.status == 200 && !told.body.contains("jane"), "{}", told.body);
        assert_eq!(house.test.send(login(), by_token()).await.status, 401);
        for refused in [
            token(&refresh_form(&refresh)).await,
            token(&exchange_form(&code, &[])).await,
        ] {
            assert_eq!(
                (refused.status.as_u16(), refused.json()["error"].as_str()),
                (400, Some("invalid_grant"))
            );
        }
        let introspected = [
            ("client_id", "qgis"),
            ("client_secret", "1234"),
            ("token", access.as_str()),
        ];
        let router = mapgate_oauth_token::router(gate.clone());
        let told = house
            .test
            .send(router, post("/oauth/introspect", &introspected))
            .await;
        assert_eq!(told.body, r#"{"active":false}"#);
    }
    // The refusals changed nothing: who has a second factor already goes on.
    let confirmed = SecondFactor {
        sealed_secret: "sealed".to_owned(),
        begun_at: Timestamp::from_seconds(0),
        stage: FactorStage::Confirmed {
            last_step: 0,
            recovery_codes: ["hash".to_owned()].into(),
        },
    };
    house
        .change_jane(&UserChange {
            second_factor: Some(Some(confirmed)),
            ..UserChange::default()
        })
        .await;
    let gate = strict(&house);
    for request in [by_ticket(), by_token()] {
        let told = house
            .test
            .send(mapgate_login::router(gate.clone()), request)
            .await;
        assert!(told.body.contains("jane"), "{}", told.body);
    }
    let router = mapgate_oauth_token::router(gate.clone());
    let refreshed = house
        .test
        .send(router, post("/oauth/token", &refresh_form(&refresh)))
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}
