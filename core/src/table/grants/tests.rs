use super::*;

#[test]
fn a_redeemed_code_is_known_as_long_as_its_family_can_live() {
    let expires_at = Timestamp::from_seconds(600);
    let mut code = Code {
        lookup: String::new(),
        hash: String::new(),
        client_id: "qgis".to_owned(),
        redirect_uri: None,
        challenge: None,
        nonce: None,
        resource: None,
        username: "jane".to_owned(),
        user_id: UserId(1),
        generation: 0,
        client_made_at: expires_at,
        scope: String::new(),
        auth_time: expires_at,
        issued_at: Timestamp::from_seconds(0),
        expires_at,
        stage: CodeStage::Revoked,
    };
    assert_eq!(code_kept_until(&code).seconds(), 600 + 86_400);
    code.stage = CodeStage::Redeemed(GrantKey {
        username: "jane".to_owned(),
        client_id: "qgis".to_owned(),
        family: "f".to_owned(),
        single: true,
    });
    assert_eq!(code_kept_until(&code).seconds(), 600 + 90 * 86_400);
}
