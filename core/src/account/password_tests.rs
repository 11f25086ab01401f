use super::*;

fn hashing(concurrent: u32) -> Hashing {
    let cheap = settings::Argon2 {
        memory_kib: 64,
        iterations: 1,
        parallelism: 1,
        concurrent,
    };
    Hashing::new(cheap, Random::seeded(1)).unwrap()
}

async fn verified(hashing: &Hashing, password: &str, hash: &Secret) -> Verified {
    let turn = hashing.turn().await.unwrap();
    hashing
        .verify(turn, &Secret::new(password), Some(hash))
        .await
        .unwrap()
}

async fn is_right(hashing: &Hashing, password: &str, hash: &Secret) -> bool {
    matches!(verified(hashing, password, hash).await, Verified::Right)
}

#[tokio::test]
async fn a_password_verifies_and_another_does_not() {
    let hashing = hashing(1);
    let hash = hashing.hash(&Secret::new("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    assert!(is_right(&hashing, "correct horse", &hash).await);
    for wrong in ["", "Correct horse", "correct horse "] {
        assert!(!is_right(&hashing, wrong, &hash).await);
    }
}

#[tokio::test]
async fn t77_composed_and_decomposed_letters_are_the_same_password_and_nothing_is_cut() {
    let hashing = hashing(1);
    let hash = hashing
        .hash(&Secret::new("Zu\u{308}rich\0 bergstrasse"))
        .await
        .unwrap();
    let composed = "Z\u{fc}rich\0 bergstrasse";
    assert!(is_right(&hashing, composed, &hash).await);
    let long = "x".repeat(100);
    let hash = hashing.hash(&Secret::new(long.as_str())).await.unwrap();
    assert!(!is_right(&hashing, &long[..72], &hash).await);
}

#[tokio::test]
async fn no_hash_and_a_broken_hash_cost_the_same_and_are_wrong() {
    let hashing = hashing(1);
    let password = Secret::new("secret");
    for (number, hash) in [None, Some(Secret::new("x")), Some(Secret::new(""))]
        .iter()
        .enumerate()
    {
        let turn = hashing.turn().await.unwrap();
        let verified = hashing.verify(turn, &password, hash.as_ref()).await.unwrap();
        assert!(matches!(verified, Verified::Wrong));
        assert_eq!(hashing.evaluated(), number as u64 + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_two_seconds_is_sent_away() {
    let hashing = hashing(1);
    let _held = hashing.turns.clone().acquire_owned().await.unwrap();
    assert!(hashing.turn().await.is_err());
    assert_eq!(hashing.evaluated(), 0);
}

/// From glibc's crypt(3): `secret horse`, with the usual rounds and with others.
const SHA512_CRYPT: [&str; 2] = [
    "$6$mapgatesalt$55csPTPL28cMQuz/LvN8790/jXFwX8M7dn926ElfB8ynzz0MQcTS3jo55kmW7.mHTnFsAxXh/x6KdUPM60Shi/",
    "$6$rounds=7000$anothersalt$er1Krz4W4xFwiyUk/sFv3DvY2P5346JFr8nuTFNBchEj2mabVLtp0ku/..8ABXv28G1dtHaPEPw0sXBfQ.29P1",
];

#[tokio::test]
async fn t79_geomapfishs_hashes_verify_and_give_the_argon2id_to_store_instead() {
    let hashing = hashing(1);
    let sha1 = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, b"secret horse"));
    for (turn, hash) in [SHA512_CRYPT[0], SHA512_CRYPT[1], &sha1, &sha1.to_uppercase()]
        .iter()
        .enumerate()
    {
        let hash = Secret::new(*hash);
        let Verified::Outdated(fresh) = verified(&hashing, "secret horse", &hash).await else {
            panic!("{turn}")
        };
        assert_eq!(
            hashing.evaluated(),
            3 * turn as u64 + 1,
            "one Argon2id, no more and no less"
        );
        assert!(is_right(&hashing, "secret horse", &fresh).await);
        assert!(!is_right(&hashing, "secret hors", &hash).await);
    }
    let long = "x".repeat(LONGEST_LEGACY + 1);
    let hash = Secret::new(hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, long.as_bytes())));
    assert!(!is_right(&hashing, &long, &hash).await);
}

#[tokio::test]
async fn what_was_typed_decomposed_in_geomapfish_verifies_either_way() {
    let hashing = hashing(1);
    let typed = "Zu\u{308}rich";
    let hash = Secret::new(hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, typed.as_bytes())));
    let Verified::Outdated(fresh) = verified(&hashing, typed, &hash).await else {
        panic!("wrong")
    };
    assert!(is_right(&hashing, "Z\u{fc}rich", &fresh).await);
}

#[tokio::test]
async fn t80_a_hash_is_outdated_where_the_settings_ask_for_more_and_only_there() {
    let with = |memory_kib, iterations| {
        let settings = settings::Argon2 {
            memory_kib,
            iterations,
            parallelism: 1,
            concurrent: 1,
        };
        Hashing::new(settings, Random::seeded(2)).unwrap()
    };
    let hash = with(64, 2).hash(&Secret::new("secret")).await.unwrap();
    for (memory, iterations, outdated) in [(64, 2, false), (65, 2, true), (64, 3, true), (32, 1, false)] {
        let hashing = with(memory, iterations);
        let verified = verified(&hashing, "secret", &hash).await;
        assert_eq!(
            matches!(verified, Verified::Outdated(_)),
            outdated,
            "{memory} {iterations}"
        );
        assert_eq!(matches!(verified, Verified::Right), !outdated);
    }
}
