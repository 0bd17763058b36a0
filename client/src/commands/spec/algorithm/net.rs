//! Parameters of the elastic net alone.

use clap::Args;
use mltraining_proto::v1;

/// Parameters of the elastic net alone.
#[derive(Debug, Default, Args)]
pub(crate) struct NetArgs {
    /// Elastic net: strength of both penalties, in standard deviations of the label [default: 0.01]
    #[arg(long, value_name = "STRENGTH")]
    penalty: Option<f64>,
    /// Elastic net: share of the penalty that makes weights 0 [default: 0.5]
    #[arg(long, value_name = "RATIO", value_parser = super::super::ratio)]
    l1_share: Option<f64>,
    /// Elastic net: change of a weight at which it stops [default: 0.000001]
    #[arg(long, value_name = "SIZE")]
    weight_tolerance: Option<f64>,
}

impl NetArgs {
    /// The options that were given.
    pub(super) fn given(&self) -> impl Iterator<Item = &'static str> {
        let options = [
            (self.penalty.is_some(), "--penalty"),
            (self.l1_share.is_some(), "--l1-share"),
            (self.weight_tolerance.is_some(), "--weight-tolerance"),
        ];
        options
            .into_iter()
            .filter_map(|(given, option)| given.then_some(option))
    }

    /// Writes what was said into the parameters.
    pub(super) fn apply(&self, net: &mut v1::ElasticNet) {
        net.penalty = self.penalty.or(net.penalty);
        net.l1_share = self.l1_share.or(net.l1_share);
        net.tolerance = self.weight_tolerance.or(net.tolerance);
    }
}
