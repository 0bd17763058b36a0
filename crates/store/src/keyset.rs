//! Where a list begins in its index.

use chrono::{DateTime, Utc};

/// Where a search from the newest down begins: after the cursor, and never above the filter's bound. The statements compare with
/// both, but Postgres enters an index by the cursor, and would walk from there to the bound. `lowest` sorts before every key.
pub(crate) fn beginning<K>(
    before: Option<DateTime<Utc>>,
    after: Option<(DateTime<Utc>, K)>,
    lowest: K,
) -> Option<(DateTime<Utc>, K)> {
    match (before, after) {
        (Some(before), Some((created_at, key))) if created_at < before => Some((created_at, key)),
        (Some(before), _) => Some((before, lowest)),
        (None, after) => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_begins_at_the_older_one_of_its_cursor_and_its_bound() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let begins = |before: Option<i64>, after: Option<i64>| {
            let begin = beginning(before.map(at), after.map(|second| (at(second), "m")), "");
            begin.map(|(time, key)| (time.timestamp(), key))
        };
        assert_eq!(begins(None, None), None);
        assert_eq!(begins(None, Some(5)), Some((5, "m")));
        assert_eq!(begins(Some(5), None), Some((5, "")));
        assert_eq!(begins(Some(5), Some(4)), Some((4, "m")), "a later page");
        assert_eq!(
            begins(Some(5), Some(5)),
            Some((5, "")),
            "nothing made at the bound passes"
        );
        assert_eq!(begins(Some(5), Some(6)), Some((5, "")));
    }
}
