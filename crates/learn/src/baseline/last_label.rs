//! The last thing that was known to have come true.

/// For each row of one entity the label that was resolved last before the row's decision time; `None` where none was.
/// Of labels that were resolved at the same time the one decided last is taken. `labels`, `decisions` and `resolves` have one
/// entry per row, rows in order of decision; times are of any one unit.
///
/// A label is taken only when it was resolved *before* the decision, as training rows are before a test: what resolves at the
/// very time may be told by the bar of that time.
///
/// # Panics
/// When the slices differ in length.
pub fn last_label<T: Copy>(labels: &[T], decisions: &[i64], resolves: &[i64]) -> Vec<Option<T>> {
    assert_eq!(labels.len(), decisions.len(), "one decision time for each label");
    assert_eq!(labels.len(), resolves.len(), "one resolve time for each label");
    let mut resolved: Vec<usize> = (0..labels.len()).collect();
    resolved.sort_by_key(|&row| (resolves[row], decisions[row]));
    let mut known = resolved.into_iter().peekable();
    let mut last = None;
    let before = |decision: &i64| {
        while let Some(row) = known.next_if(|&row| resolves[row] < *decision) {
            last = Some(labels[row]);
        }
        last
    };
    decisions.iter().map(before).collect()
}

#[cfg(test)]
mod tests {
    use super::last_label;

    #[test]
    fn a_row_sees_the_last_label_that_was_resolved_before_it() {
        let (labels, decisions) = ([1, 0, 1, 0, 0], [0, 10, 20, 30, 40]);
        let resolves = decisions.map(|time| time + 15);
        let expected = [None, None, Some(1), Some(0), Some(1)];
        assert_eq!(last_label(&labels, &decisions, &resolves), expected);
    }

    #[test]
    fn what_resolves_at_the_decision_itself_is_not_seen() {
        let decisions = [0, 10, 20];
        assert_eq!(
            last_label(&[1, 0, 1], &decisions, &[10, 20, 30]),
            [None, None, Some(1)]
        );
        assert_eq!(
            last_label(&[1, 0, 1], &decisions, &decisions),
            [None, Some(1), Some(0)],
            "a row that tells its own label is not its own past"
        );
    }

    #[test]
    fn labels_may_resolve_in_another_order_than_they_were_decided() {
        // The first row resolves last: until then the second one's label is the last known.
        let found = last_label(&[1, 0, 0, 0], &[0, 1, 10, 40], &[30, 5, 90, 90]);
        assert_eq!(found, [None, None, Some(0), Some(1)]);
    }
}
