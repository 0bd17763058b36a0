//! The operators of the common set.

use super::table::{Table, Value};
use Value::{Flags, Numbers};

/// What an operator makes of its inputs; `None` when it is not written here, or they do not fit.
pub(super) fn compute(op: &str, inputs: &[&Value]) -> Option<Value> {
    match inputs {
        [Numbers(x)] => one(op, x),
        [Numbers(x), Numbers(y)] => two(op, x, y),
        [Flags(x), Numbers(_)] if op == "Squeeze" => Some(Flags(x.clone())),
        [Flags(which), Numbers(yes), Numbers(no)] if op == "Where" => {
            let chosen = which.with(yes, bool::then_some)?;
            chosen.with(no, Option::unwrap_or).map(Numbers)
        }
        [Numbers(x), Numbers(low), Numbers(high)] if op == "Clip" => {
            x.with(low, f64::max)?.with(high, f64::min).map(Numbers)
        }
        _ => None,
    }
}

fn one(op: &str, x: &Table<f64>) -> Option<Value> {
    match op {
        "IsInf" => Some(Flags(x.map(f64::is_infinite))),
        "IsNaN" => Some(Flags(x.map(f64::is_nan))),
        "Cast" => Some(Numbers(x.clone())), // every number is a double here
        "Sigmoid" => Some(Numbers(x.map(|x| 1.0 / (1.0 + (-x).exp())))),
        "Log" => Some(Numbers(x.map(f64::ln))),
        _ => None,
    }
}

fn two(op: &str, x: &Table<f64>, y: &Table<f64>) -> Option<Value> {
    let of: fn(f64, f64) -> f64 = match op {
        "Add" => |x, y| x + y,
        "Sub" => |x, y| x - y,
        "Mul" => |x, y| x * y,
        "Div" => |x, y| x / y,
        "Min" => f64::min,
        "Squeeze" => return Some(Numbers(x.clone())),
        "GreaterOrEqual" => return x.with(y, |x, y| x >= y).map(Flags),
        "MatMul" => return product(x, y).map(Numbers),
        "Gather" => return column(x, y).map(Numbers),
        _ => return None,
    };
    x.with(y, of).map(Numbers)
}

fn product(x: &Table<f64>, y: &Table<f64>) -> Option<Table<f64>> {
    if x.columns != y.rows {
        return None;
    }
    let cell = |row: usize, column: usize| {
        (0..x.columns)
            .map(|k| x.cells[row * x.columns + k] * y.at(k, column))
            .sum()
    };
    let cells = (0..x.rows).flat_map(|row| (0..y.columns).map(move |column| cell(row, column)));
    Some(Table::new(x.rows, y.columns, cells.collect()))
}

/// One column of `x`.
fn column(x: &Table<f64>, which: &Table<f64>) -> Option<Table<f64>> {
    let which = *which.cells.first()? as usize;
    let cells = x.cells.chunks(x.columns).map(|row| row.get(which).copied());
    Some(Table::new(x.rows, 1, cells.collect::<Option<Vec<f64>>>()?))
}
