//! The most common passwords of at least eight characters, in `common.txt`: keyboard rows, names of months and things,
//! words with a year or a digit, and what this field adds of its own. Shorter ones are refused by their length.

/// In lower case, one a line.
const COMMON: &str = include_str!("common.txt");

/// Whether `lower`, a password in lower case, is a common one.
pub(super) fn is_common(lower: &str) -> bool {
    COMMON.lines().any(|word| word == lower) || is_monotonous(lower)
}

/// One character over and over.
fn is_monotonous(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| letters.all(|letter| letter == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_list_could_be_reached() {
        assert!(COMMON.lines().count() > 300);
        let reachable =
            |word: &str| word.chars().count() >= 8 && word == word.to_lowercase() && word == word.trim();
        assert_eq!(COMMON.lines().find(|word| !reachable(word)), None);
    }

    #[test]
    fn one_character_over_and_over_is_common() {
        assert!(is_common("zzzzzzzzzzz") && !is_common("zzzzzzzzzzy") && !is_common(""));
    }
}
