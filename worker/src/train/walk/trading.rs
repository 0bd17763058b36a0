//! Acting on what was said.

use super::periods::Signals;
use crate::train::folds::{fit_failure, time};
use crate::train::gather::TradableRow;
use crate::train::{TrainInput, resampling, untold};
use crate::work::{OutputFile, Work, WorkError};
use mltraining_domain::{BacktestSpec, PeriodTrading, TimeRange, Trading};
use mltraining_learn::utility::{self, Ledger, Opportunity, Sure, Trade};

/// What was acted on, and beside it what nobody chose.
pub(super) struct Traded {
    /// The model's signals.
    pub model: Acted,
    /// Every row as a signal.
    pub always: Acted,
    /// Rows drawn at random as signals, about as many.
    pub random: Trading,
}

/// What some signals brought.
pub(super) struct Acted {
    pub numbers: Trading,
    /// By the periods that they were decided in.
    pub periods: Vec<PeriodTrading>,
    ledger: Ledger,
    /// The entity of each trade.
    entities: Vec<u32>,
}

/// Acts on all rows that were scored.
pub(super) fn act(
    input: &TrainInput,
    spec: &BacktestSpec,
    ranges: &[TimeRange],
    signals: &Signals,
    work: &Work,
) -> Result<Traded, WorkError> {
    let tradable = input.gathered.tradable.iter().flat_map(|tradable| &tradable.rows);
    let scored = tradable.filter_map(|row| Some((opportunity(row), signals.of(row.known)?)));
    let (rows, said): (Vec<Opportunity>, Vec<bool>) = scored.unzip();
    let ends: Vec<i64> = ranges.iter().map(TimeRange::end_micros).collect();
    let control = untold(work);
    let sure = Sure {
        resampling: resampling(&spec.train),
        control: &control,
    };
    let ledger =
        |is_signal: &dyn Fn(usize) -> bool| utility::trade(&rows, spec.side(), spec.costs, is_signal);
    let measured =
        |ledger: &Ledger| utility::measure(ledger, sure).map_err(|error| fit_failure(error, "the returns"));
    let acted = |ledger: Ledger| -> Result<Acted, WorkError> {
        Ok(Acted {
            numbers: measured(&ledger)?,
            periods: utility::in_periods(&ledger, &ends),
            entities: ledger.trades.iter().map(|trade| rows[trade.row].entity).collect(),
            ledger,
        })
    };
    let count = said.iter().filter(|said| **said).count() as u64;
    let drawn = utility::drawn(rows.len() as u64, count, spec.train.seed);
    Ok(Traded {
        model: acted(ledger(&|row| said[row]))?,
        always: acted(ledger(&|_| true))?,
        random: measured(&ledger(&|row| drawn[row]))?,
    })
}

fn opportunity(row: &TradableRow) -> Opportunity {
    Opportunity {
        entity: row.entity,
        decision: row.decision,
        trip: row.trip,
    }
}

/// Each trade in a line, in the order of entity and time.
pub(super) fn file(acted: &Acted, entities: &[String]) -> OutputFile {
    let named = acted
        .entities
        .iter()
        .map(|entity| entities[*entity as usize].as_str());
    OutputFile {
        file: "trades.csv",
        media_type: "text/csv",
        bytes: lines(named.zip(&acted.ledger.trades)),
    }
}

fn lines<'a>(trades: impl Iterator<Item = (&'a str, &'a Trade)>) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut write = |fields: [&str; 6]| {
        out.write_record(fields)
            .expect("memory takes every record of six fields");
    };
    write([
        "entity",
        "decision_time",
        "entry_time",
        "exit_time",
        "gross_bps",
        "net_bps",
    ]);
    for (entity, trade) in trades {
        let [decision, entry, exit] =
            [trade.decision, trade.entry, trade.exit].map(|at| time(at).to_rfc3339());
        let [gross, net] = [trade.gross, trade.net].map(|ratio| (ratio * 10_000.0).to_string());
        write([entity, &decision, &entry, &exit, &gross, &net]);
    }
    out.into_inner().expect("memory takes what is left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_a_comma_or_a_quote_is_quoted() {
        let trade = Trade {
            row: 0,
            decision: 0,
            entry: 60_000_000,
            exit: 120_000_000,
            gross: 0.01,
            net: 0.008,
        };
        let text = String::from_utf8(lines([("a b", &trade), ("a,\"b\"", &trade)].into_iter())).unwrap();
        let rest = "1970-01-01T00:00:00+00:00,1970-01-01T00:01:00+00:00,1970-01-01T00:02:00+00:00,100,80";
        let head = "entity,decision_time,entry_time,exit_time,gross_bps,net_bps";
        assert_eq!(text, format!("{head}\na b,{rest}\n\"a,\"\"b\"\"\",{rest}\n"));
    }
}
