#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

type Row = (&'static str, i64, Option<i32>, [f64; 2]);

const ROWS: [Row; 4] = [
    ("a", 10, None, [1.0, f64::NAN]),
    ("a", 20, Some(1), [2.0, 0.5]),
    ("b", 10, Some(1), [3.0, 0.25]),
    ("b", 20, Some(2), [4.0, 0.125]),
];

fn build(rows: &[Row], rule: DuplicateRule) -> Result<(Panel, Fingerprint), PanelError> {
    let mut builder = PanelBuilder::new(vec!["x".to_owned(), "y".to_owned()], rule);
    for (entity, time, phase, values) in rows {
        builder.push(entity, *time, *phase, values)?;
    }
    builder.finish()
}

fn fingerprint(rows: &[Row]) -> Fingerprint {
    build(rows, DuplicateRule::Refuse).unwrap().1
}

#[test]
fn rows_of_two_entities_at_the_same_times_all_survive() {
    let (panel, _) = build(&ROWS, DuplicateRule::Refuse).unwrap();
    assert_eq!(panel.rows(), 4);
    assert_eq!(panel.entities(), ["a", "b"]);
    assert_eq!((panel.range_of(0), panel.range_of(1)), (0..2, 2..4));
    assert_eq!(panel.times(), [10, 20, 10, 20]);
    assert_eq!(panel.column("x").unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert!(panel.column("y").unwrap()[0].is_nan());
    assert_eq!(panel.column("z"), None);
    assert_eq!(panel.phases().unwrap(), [None, Some(1), Some(1), Some(2)]);
    assert_eq!(
        (0..4).map(|row| panel.entity_of(row)).collect::<Vec<_>>(),
        [0, 0, 1, 1]
    );
}

#[test]
fn a_panel_without_rows_is_empty() {
    let (panel, _) = build(&[], DuplicateRule::Refuse).unwrap();
    assert_eq!(panel.rows(), 0);
    assert!(panel.entities().is_empty());
    assert!(panel.phases().is_none());
}

/// Hands over whole entities after so many rows, whenever there are some.
fn parts(rows: &[Row], every: usize) -> (Vec<Panel>, Fingerprint) {
    let mut builder = PanelBuilder::new(vec!["x".to_owned(), "y".to_owned()], DuplicateRule::Refuse);
    let mut parts = Vec::new();
    for (nth, (entity, time, phase, values)) in rows.iter().enumerate() {
        builder.push(entity, *time, *phase, values).unwrap();
        if nth % every == 0 && builder.whole_rows() > 0 {
            parts.push(builder.take_whole());
        }
    }
    let (rest, fingerprint) = builder.finish().unwrap();
    parts.push(rest);
    (parts, fingerprint)
}

#[test]
fn entities_handed_over_in_parts_are_the_same_rows_with_the_same_fingerprint() {
    let more: [Row; 3] = [
        ("c", 5, None, [5.0, 0.0]),
        ("d", 5, Some(3), [6.0, 0.5]),
        ("d", 6, None, [7.0, 0.5]),
    ];
    let rows = [ROWS.as_slice(), &more].concat();
    let (whole, expected) = build(&rows, DuplicateRule::Refuse).unwrap();
    for every in 1..5 {
        let (parts, fingerprint) = parts(&rows, every);
        assert!(parts.len() > 1 || every > 2, "every {every}");
        assert_eq!(fingerprint, expected, "every {every}");
        let mut seen = Vec::new();
        for part in &parts {
            for (nth, entity) in part.entities().iter().enumerate() {
                assert!(!part.range_of(nth).is_empty());
                let of_entity = part.range_of(nth);
                let shown = of_entity.map(|row| {
                    let values = [part.column("x").unwrap()[row], part.column("y").unwrap()[row]];
                    (
                        entity.clone(),
                        part.times()[row],
                        part.phase_of(row),
                        values.map(f64::to_bits),
                    )
                });
                seen.extend(shown);
            }
        }
        let expected = (0..whole.rows()).map(|row| {
            let values = [whole.column("x").unwrap()[row], whole.column("y").unwrap()[row]];
            let entity = whole.entities()[whole.entity_of(row)].clone();
            (
                entity,
                whole.times()[row],
                whole.phase_of(row),
                values.map(f64::to_bits),
            )
        });
        assert_eq!(seen, expected.collect::<Vec<_>>(), "every {every}");
    }
}

#[test]
fn one_entity_is_never_parted() {
    let (parts, _) = parts(&ROWS[..2], 1);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].rows(), 2);
}

#[test]
fn shuffled_rows_are_refused() {
    for (earlier, later) in [(0, 1), (1, 2), (0, 3)] {
        let rows = [ROWS[later], ROWS[earlier]];
        let error = build(&rows, DuplicateRule::Refuse).unwrap_err();
        assert!(matches!(error, PanelError::OutOfOrder { row: 2, .. }), "{error}");
    }
    let interleaved = [ROWS[0], ROWS[2], ROWS[1], ROWS[3]];
    let error = build(&interleaved, DuplicateRule::Refuse).unwrap_err();
    assert!(error.to_string().contains("row 3"), "{error}");
}

#[test]
fn a_row_of_another_width_is_refused() {
    let mut builder = PanelBuilder::new(vec!["x".to_owned()], DuplicateRule::Refuse);
    let error = builder.push("a", 0, None, &[1.0, 2.0]).unwrap_err();
    assert_eq!(
        error,
        PanelError::Width {
            row: 1,
            expected: 1,
            found: 2
        }
    );
}

#[test]
fn repeated_keys_are_refused_with_their_count_and_an_example() {
    let rows = [ROWS[0], ROWS[1], ROWS[1], ROWS[1], ROWS[2], ROWS[2]];
    let error = build(&rows, DuplicateRule::Refuse).unwrap_err();
    assert_eq!(
        error,
        PanelError::DuplicateKeys {
            count: 3,
            entity: "a".to_owned(),
            time_micros: 20
        }
    );
    assert!(error.to_string().contains("1970-01-01T00:00:00"), "{error}");
}

#[test]
fn the_kept_duplicate_does_not_depend_on_the_order_of_arrival() {
    let one: Row = ("a", 10, None, [1.0, f64::NAN]);
    let two: Row = ("a", 10, None, [1.0, 7.0]);
    let three: Row = ("a", 10, None, [2.0, 0.0]);
    for (rule, kept) in [(DuplicateRule::KeepFirst, two), (DuplicateRule::KeepLast, three)] {
        for rows in [
            [one, two, three],
            [three, two, one],
            [two, three, one],
            [one, three, two],
        ] {
            let (panel, print) = build(&rows, rule).unwrap();
            assert_eq!(panel.rows(), 1);
            assert_eq!(panel.column("x").unwrap(), [kept.3[0]]);
            assert_eq!(print, fingerprint(&[kept]), "only what was kept is hashed");
        }
    }
}

#[test]
fn one_changed_value_changes_the_fingerprint() {
    let same = fingerprint(&ROWS);
    assert_eq!(same, fingerprint(&ROWS));
    assert_eq!(same.as_str().len(), 64);
    for row in 0..ROWS.len() {
        let changes: [fn(&mut Row); 5] = [
            |row| row.0 = if row.0 == "a" { "aa" } else { "bb" },
            |row| row.1 += 1,
            |row| row.2 = Some(row.2.map_or(0, |phase| phase + 1)),
            |row| row.3[0] = f64::from_bits(row.3[0].to_bits() + 1),
            |row| row.3[1] = 9.0,
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut rows = ROWS;
            change(&mut rows[row]);
            rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
            assert_ne!(fingerprint(&rows), same, "row {row}, change {i}");
        }
    }
    assert_ne!(fingerprint(&ROWS[..3]), same);
}

#[test]
fn each_entity_and_day_has_a_hash_of_its_own() {
    let day = crate::MICROS_PER_DAY;
    let rows = [
        ("a", day - 1, None, [1.0, 2.0]),
        ("a", day, None, [3.0, 4.0]),
        ("a", day + 1, None, [5.0, 6.0]),
        ("b", day, None, [3.0, 4.0]),
        ("b", day + 1, None, [5.0, 6.0]),
    ];
    let print = fingerprint(&rows);
    let days: Vec<_> = print.days().iter().map(|d| (d.entity, d.day, d.rows)).collect();
    assert_eq!(days, [(0, 0, 1), (0, 1, 2), (1, 1, 2)]);
    assert_eq!(print.days()[1].sha256, print.days()[2].sha256, "of equal rows");
    for at in 0..rows.len() {
        let mut changed = rows;
        changed[at].3[0] = 7.0;
        let changed = fingerprint(&changed);
        let differ: Vec<bool> = print
            .days()
            .iter()
            .zip(changed.days())
            .map(|(one, other)| one != other)
            .collect();
        let hit = [0, 1, 1, 2, 2][at];
        assert_eq!(differ, [hit == 0, hit == 1, hit == 2], "row {at}");
    }
    assert!(fingerprint(&[]).days().is_empty());
}

#[test]
fn the_fingerprint_of_a_long_panel_sees_every_block() {
    let rows: Vec<Row> = (0..10_000).map(|i| ("a", i, None, [i as f64, 0.0])).collect();
    let same = fingerprint(&rows);
    for at in [0, 1_000, 5_000, 9_999] {
        let mut changed = rows.clone();
        changed[at].3[1] = 1.0;
        assert_ne!(fingerprint(&changed), same, "row {at}");
    }
}

#[test]
fn names_of_columns_and_of_entities_cannot_run_into_each_other() {
    let of = |columns: [&str; 2]| {
        let columns = columns.map(str::to_owned).to_vec();
        PanelBuilder::new(columns, DuplicateRule::Refuse)
            .finish()
            .unwrap()
            .1
    };
    assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
    assert_ne!(
        fingerprint(&[("ab", 1, None, [0.0; 2])]),
        fingerprint(&[("a", 1, None, [0.0; 2])])
    );
}

#[test]
fn every_nan_is_the_same_and_an_infinite_value_is_unknown() {
    let of = |value: f64| {
        let (panel, print) = build(&[("a", 1, None, [value, 0.0])], DuplicateRule::Refuse).unwrap();
        assert!(panel.column("x").unwrap()[0].is_nan());
        print
    };
    let odd = f64::from_bits(0xfff8_0000_0000_0001);
    assert!(odd.is_nan());
    assert_eq!(of(odd), of(f64::NAN));
    assert_eq!(of(f64::INFINITY), of(f64::NAN));
    assert_eq!(of(f64::NEG_INFINITY), of(f64::NAN));
}

fn any_row() -> impl Strategy<Value = Row> {
    let value = prop::sample::select(vec![f64::NAN, f64::INFINITY, 0.0, -0.0, 1.0, 2.0]);
    let entity = prop::sample::select(vec!["a", "ab", "b", "B", "é"]);
    (entity, 0..6_i64, prop::option::of(0..2), [value.clone(), value])
}

proptest! {
    #[test]
    fn rows_in_any_order_are_the_panel_that_the_same_rows_in_order_are(rows in prop::collection::vec(any_row(), 0..40)) {
        for rule in [DuplicateRule::Refuse, DuplicateRule::KeepFirst, DuplicateRule::KeepLast] {
            let mut loose = LooseRows::new(vec!["x".to_owned(), "y".to_owned()]);
            for (entity, time, phase, values) in &rows {
                loose.push(entity, *time, *phase, values).unwrap();
            }
            let mut sorted = rows.clone();
            sorted.sort_by_key(|row| (row.0, row.1));
            let mut builder = PanelBuilder::new(vec!["x".to_owned(), "y".to_owned()], rule);
            for (entity, time, phase, values) in &sorted {
                builder.push(entity, *time, *phase, values).unwrap();
            }
            let duplicates = builder.duplicates();
            match (loose.finish(rule), builder.finish()) {
                (Ok(found), Ok((panel, fingerprint))) => {
                    prop_assert_eq!(found.panel.entities(), panel.entities());
                    prop_assert_eq!(&found.panel.starts, &panel.starts);
                    prop_assert_eq!(found.panel.times(), panel.times());
                    prop_assert_eq!(found.panel.phases(), panel.phases());
                    prop_assert_eq!(format!("{:?}", found.panel.columns), format!("{:?}", panel.columns));
                    prop_assert_eq!(found.fingerprint, fingerprint);
                    prop_assert_eq!(found.duplicates, duplicates);
                }
                (loose, ordered) => prop_assert_eq!(loose.map(|_| ()), ordered.map(|_| ())),
            }
        }
    }
}
