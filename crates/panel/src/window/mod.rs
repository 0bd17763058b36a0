//! Windows over the bars of one entity: rolling aggregates, the value one window ago, slow means. Linear, nothing allocated.

mod lag;
mod line;
mod rolling;
mod smooth;

pub(crate) use lag::lagged;
pub(crate) use line::{Line, LineState};
pub(crate) use rolling::{Highest, Lowest, Moments, State, Sum, rolling, rolling_partial};
pub(crate) use smooth::{Ema, Wilder, WilderTotal};

#[cfg(test)]
mod tests;
