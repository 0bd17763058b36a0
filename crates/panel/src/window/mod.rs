//! Windows over the bars of one entity: rolling aggregates and the value one window ago. Linear, nothing allocated.

mod lag;
mod rolling;

pub(crate) use lag::lagged;

pub(crate) use rolling::{Highest, Lowest, Moments, State, Sum, rolling};

#[cfg(test)]
mod tests;
