//! What the benches foresee.

use mltraining_proto::v1;
use prost_types::Duration;

/// Whether the price rises by a tenth within ten minutes.
pub(crate) fn rise(tolerance: Option<Duration>) -> v1::LabelSpec {
    let label = v1::ChangeAtHorizon {
        change: 0.1,
        horizon: Some(Duration {
            seconds: 600,
            nanos: 0,
        }),
        tolerance,
        ..v1::ChangeAtHorizon::default()
    };
    v1::LabelSpec {
        kind: Some(v1::label_spec::Kind::ChangeAtHorizon(label)),
    }
}
