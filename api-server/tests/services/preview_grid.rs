//! A grid of PreviewLabels is its labels one by one.

use crate::house::{BARS, House, START, label, range, refused, seconds};
use mltraining_proto::v1;
use tonic::Code;
use v1::label_spec::Kind;

const CHANGES: [f64; 3] = [0.005, 0.015, 0.05];
const HORIZONS: [i64; 2] = [120, 600];

fn request(label: v1::LabelSpec) -> v1::PreviewLabelsRequest {
    v1::PreviewLabelsRequest {
        source: "projects/default/sources/bars".to_owned(),
        range: range(START, START + 60 * BARS),
        label: Some(label),
        phases: vec![2],
        ..v1::PreviewLabelsRequest::default()
    }
}

fn extreme(change: f64, horizon: i64) -> v1::LabelSpec {
    v1::LabelSpec {
        kind: Some(Kind::ExtremeWithinHorizon(v1::ExtremeWithinHorizon {
            change,
            horizon: seconds(horizon),
            direction: v1::Direction::Down.into(),
            ..v1::ExtremeWithinHorizon::default()
        })),
    }
}

async fn preview(house: &House, request: v1::PreviewLabelsRequest) -> v1::PreviewLabelsResponse {
    let answer = house.dataset().preview_labels(request).await;
    answer.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_is_what_a_preview_of_its_label_alone_says() {
    let house = House::with_bars().await;
    let kinds: [fn(f64, i64) -> v1::LabelSpec; 2] = [label, extreme];
    for kind in kinds {
        let asked = v1::PreviewLabelsRequest {
            grid_changes: CHANGES.to_vec(),
            grid_horizons: HORIZONS.iter().filter_map(|horizon| seconds(*horizon)).collect(),
            ..request(kind(0.02, 300))
        };
        let found = preview(&house, asked).await;
        let expected: Vec<(f64, i64)> = CHANGES
            .iter()
            .flat_map(|change| HORIZONS.map(|horizon| (*change, horizon)))
            .collect();
        let cells: Vec<(f64, i64)> = found
            .grid
            .iter()
            .map(|cell| (cell.change, cell.horizon.unwrap().seconds))
            .collect();
        assert_eq!(cells, expected, "row by row");
        for cell in &found.grid {
            let alone = kind(cell.change, cell.horizon.unwrap().seconds);
            let alone = preview(&house, request(alone)).await;
            assert_eq!(
                (cell.counts, cell.mean_uniqueness, cell.mean_overlap),
                (alone.total, alone.mean_uniqueness, alone.mean_overlap)
            );
        }
        let shares: Vec<Option<f64>> = found
            .grid
            .iter()
            .map(|cell| cell.counts?.positive_share)
            .collect();
        assert!(shares.iter().any(|share| *share != shares[0]), "{shares:?}");
        let own = preview(&house, request(kind(0.02, 300))).await;
        assert_eq!(
            (found.total, own.grid.len()),
            (own.total, 0),
            "the label itself is counted as well"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_side_that_was_not_said_is_the_labels_own() {
    let house = House::with_bars().await;
    let changes = v1::PreviewLabelsRequest {
        grid_changes: vec![0.01, 0.02],
        ..request(label(0.02, 300))
    };
    let found = preview(&house, changes).await;
    let cells: Vec<_> = found
        .grid
        .iter()
        .map(|cell| (cell.change, cell.horizon))
        .collect();
    assert_eq!(cells, [(0.01, seconds(300)), (0.02, seconds(300))]);
    assert_eq!(found.grid[1].counts, found.total);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_grid_is_refused_with_its_field() {
    let house = House::with_bars().await;
    let refuse = async |request, fields: &[&str]| {
        let status = house.dataset().preview_labels(request).await.unwrap_err();
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", fields);
        status.message().to_owned()
    };
    let good = || request(label(0.02, 300));
    let many = v1::PreviewLabelsRequest {
        grid_changes: (1..=11).map(|n| f64::from(n) / 100.0).collect(),
        ..good()
    };
    let text = refuse(many, &["grid_changes"]).await;
    assert!(text.contains("at most 10"), "{text}");
    let wrong = v1::PreviewLabelsRequest {
        grid_changes: vec![0.01, -1.0, 0.01, f64::NAN],
        grid_horizons: [60, 0, 60].map(|s| seconds(s).unwrap()).to_vec(),
        ..good()
    };
    let fields = [
        "grid_changes[2]",
        "grid_horizons[2]",
        "grid_changes[1]",
        "grid_changes[3]",
        "grid_horizons[1]",
    ];
    refuse(wrong, &fields).await;
    let barrier = v1::LabelSpec {
        kind: Some(Kind::TripleBarrier(v1::TripleBarrier {
            upper: 0.01,
            lower: 0.01,
            horizon: seconds(300),
            ..v1::TripleBarrier::default()
        })),
    };
    let barrier = v1::PreviewLabelsRequest {
        grid_horizons: seconds(60).into_iter().collect(),
        ..request(barrier)
    };
    let text = refuse(barrier, &["grid_horizons"]).await;
    assert!(
        text.contains("take change_at_horizon or extreme_within_horizon"),
        "{text}"
    );
}
