//! How rows are parted into training and test.

use super::field::{choice, count, small_wire_count};
use super::time::{read_instant, read_span, show_instant, show_span};
use mltraining_domain::{
    CombinatorialPurged, Holdout, Span, SplitSpec, Violations, WalkForward, WalkForwardScheme,
};
use mltraining_proto::v1;
use v1::split_spec::Split;
use v1::walk_forward::Scheme;

const DEFAULT_FOLDS: u32 = 5;
const DEFAULT_TEST_SHARE: f64 = 0.2;
const DEFAULT_BLOCKS: u32 = 6;
const DEFAULT_TEST_BLOCKS: u32 = 2;

/// The split of a request, to be checked with the whole spec; absent means walk_forward with its defaults.
pub(crate) fn read(spec: Option<v1::SplitSpec>, path: &str, found: &mut Violations) -> SplitSpec {
    match spec.and_then(|spec| spec.split) {
        None => SplitSpec::default(),
        Some(Split::WalkForward(walk)) => walk_forward(&walk, &format!("{path}.walk_forward"), found),
        Some(Split::Holdout(holdout)) => SplitSpec::Holdout(Holdout {
            test_share: holdout.test_share.unwrap_or(DEFAULT_TEST_SHARE),
            embargo: embargo(holdout.embargo, &format!("{path}.holdout"), found),
            test_start: read_instant(
                holdout.test_start_time,
                &format!("{path}.holdout.test_start_time"),
                found,
            ),
        }),
        Some(Split::CombinatorialPurged(choice)) => {
            combinatorial(&choice, &format!("{path}.combinatorial_purged"), found)
        }
    }
}

fn combinatorial(choice: &v1::CombinatorialPurged, path: &str, found: &mut Violations) -> SplitSpec {
    let test_blocks = format!("{path}.test_blocks");
    SplitSpec::CombinatorialPurged(CombinatorialPurged {
        blocks: count(choice.blocks, DEFAULT_BLOCKS, &format!("{path}.blocks"), found),
        test_blocks: count(choice.test_blocks, DEFAULT_TEST_BLOCKS, &test_blocks, found),
        embargo: embargo(choice.embargo, path, found),
    })
}

fn walk_forward(walk: &v1::WalkForward, path: &str, found: &mut Violations) -> SplitSpec {
    let known = "SCHEME_EXPANDING or SCHEME_ROLLING";
    let scheme = match choice(walk.scheme, known, &format!("{path}.scheme"), found) {
        Scheme::Unspecified | Scheme::Expanding => WalkForwardScheme::Expanding,
        Scheme::Rolling => WalkForwardScheme::Rolling,
    };
    SplitSpec::WalkForward(WalkForward {
        folds: count(walk.folds, DEFAULT_FOLDS, &format!("{path}.folds"), found),
        scheme,
        embargo: embargo(walk.embargo, path, found),
    })
}

fn embargo(value: Option<prost_types::Duration>, path: &str, found: &mut Violations) -> Span {
    read_span(value, &format!("{path}.embargo"), found).unwrap_or(Span::ZERO)
}

/// The split as the wire holds it, with the share of entities that are held out.
pub(crate) fn show(split: &SplitSpec, unseen_entity_share: Option<f64>) -> v1::SplitSpec {
    let split = match split {
        SplitSpec::WalkForward(walk) => {
            let scheme = match walk.scheme {
                WalkForwardScheme::Expanding => Scheme::Expanding,
                WalkForwardScheme::Rolling => Scheme::Rolling,
            };
            Split::WalkForward(v1::WalkForward {
                folds: Some(small_wire_count(walk.folds)),
                scheme: scheme.into(),
                embargo: Some(show_span(walk.embargo)),
            })
        }
        SplitSpec::Holdout(holdout) => Split::Holdout(v1::Holdout {
            test_share: Some(holdout.test_share),
            embargo: Some(show_span(holdout.embargo)),
            test_start_time: holdout.test_start.map(show_instant),
        }),
        SplitSpec::CombinatorialPurged(choice) => Split::CombinatorialPurged(v1::CombinatorialPurged {
            blocks: Some(small_wire_count(choice.blocks)),
            test_blocks: Some(small_wire_count(choice.test_blocks)),
            embargo: Some(show_span(choice.embargo)),
        }),
    };
    v1::SplitSpec {
        split: Some(split),
        unseen_entity_share,
    }
}
