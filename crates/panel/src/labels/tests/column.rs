use super::*;
use mltraining_domain::ColumnLabel;

fn spec(delay: u32) -> LabelSpec {
    LabelSpec::Column(ColumnLabel {
        column: "close".to_owned(),
        delay: Span::from_mins(delay),
    })
}

#[test]
fn the_row_tells_its_label_after_the_delay() {
    let bars = [(0, 1.0), (1, 0.0), (2, f64::NAN), (3, 2.0), (4, 0.5), (5, -0.0)];
    let found = labels_of_closes(&bars, &spec(7), None);
    let unknown = (Unknown, None);
    let expected = [
        (Positive, Some(7)),
        (Negative, Some(8)),
        unknown,
        unknown,
        unknown,
        (Negative, Some(12)),
    ];
    assert_eq!(found, expected, "only 0 and 1 are labels");
    assert_eq!(labels_of_closes(&bars, &spec(0), None)[0], (Positive, Some(0)));
}

#[test]
fn what_is_known_only_after_the_end_is_unknown() {
    let bars = [(0, 1.0), (1, 1.0), (2, 0.0)];
    let found = labels_of_closes(&bars, &spec(3), Some(5));
    assert_eq!(found, [(Positive, Some(3)), (Positive, Some(4)), (Unknown, None)]);
}

#[test]
fn a_label_of_the_source_always_tells_of_its_column() {
    assert_eq!(telling_column(&spec(0), &source()), Some("close"));
    assert_eq!(telling_column(&spec(60), &source()), Some("close"));
}
