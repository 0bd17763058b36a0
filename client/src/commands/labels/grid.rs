//! `--grid-change --grid-horizon`: the label with other changes and horizons, as a table.

use crate::commands::spec::label::LabelArgs;
use crate::commands::spec::ratio;
use crate::output::{Paint, Table, Tone, UNKNOWN, count, metric, share};
use crate::when;
use clap::Args;
use mltraining_domain::Span;
use mltraining_proto::v1;

/// The sides of a grid.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "A grid of labels")]
pub(super) struct GridArgs {
    /// Count with each of these changes: 0.02,0.05 or 2%,5% [default: --change]
    #[arg(long, value_name = "RATIO,..", value_delimiter = ',', value_parser = ratio)]
    grid_change: Vec<f64>,
    /// Count over each of these horizons: 5m,10m,30m [default: --horizon]
    #[arg(long, value_name = "TIME,..", value_delimiter = ',')]
    grid_horizon: Vec<Span>,
}

impl GridArgs {
    /// The label's options; the first of the grid stands where none was said.
    pub(super) fn label(&self, label: &LabelArgs) -> LabelArgs {
        label.or(
            self.grid_change.first().copied(),
            self.grid_horizon.first().copied(),
        )
    }

    /// Writes what was said.
    pub(super) fn apply(&self, changes: &mut Vec<f64>, horizons: &mut Vec<prost_types::Duration>) {
        changes.clone_from(&self.grid_change);
        *horizons = self.grid_horizon.iter().copied().map(when::duration).collect();
    }
}

/// The shares of positives with a line for each change and a column for each horizon; below it every cell with its counts.
pub(super) fn text(cells: &[v1::LabelGridCell], paint: Paint) -> String {
    let mut horizons: Vec<String> = Vec::new();
    for cell in cells {
        let horizon = horizon(cell);
        if !horizons.contains(&horizon) {
            horizons.push(horizon);
        }
    }
    let headings = horizons.iter().map(|horizon| format!(">{horizon}"));
    let headings: Vec<String> = std::iter::once(">change".to_owned()).chain(headings).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut shares = Table::new(&headings, paint);
    for row in cells.chunks(horizons.len().max(1)) {
        let change = row.iter().take(1).map(|cell| share(Some(cell.change)));
        let of_row = row
            .iter()
            .map(|cell| share(cell.counts.and_then(|counts| counts.positive_share)));
        shares.row(change.chain(of_row));
    }
    format!(
        "{}\n{}\n\n{}",
        paint.text(Tone::Title, "share of positives by change and horizon"),
        shares.render(),
        counts(cells, paint)
    )
}

fn counts(cells: &[v1::LabelGridCell], paint: Paint) -> String {
    let headings = [
        ">change",
        ">horizon",
        ">positive",
        ">negative",
        ">unknown",
        ">share",
        ">uniqueness",
        ">overlap",
    ];
    let mut table = Table::new(&headings, paint);
    for cell in cells {
        let counts = cell.counts.unwrap_or_default();
        table.row([
            share(Some(cell.change)),
            horizon(cell),
            count(counts.positives),
            count(counts.negatives),
            count(counts.unknown),
            share(counts.positive_share),
            metric(cell.mean_uniqueness),
            overlap(cell.mean_overlap),
        ]);
    }
    table.render()
}

fn horizon(cell: &v1::LabelGridCell) -> String {
    let span = cell.horizon.as_ref().and_then(when::span);
    span.map_or_else(|| UNKNOWN.to_owned(), |span| span.to_string())
}

/// So many other labels are open beside one.
pub(super) fn overlap(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::commands::labels::LabelsCommand;
    use clap::Parser;

    fn cell(change: f64, minutes: i64, positives: i64) -> v1::LabelGridCell {
        v1::LabelGridCell {
            change,
            horizon: Some(prost_types::Duration {
                seconds: 60 * minutes,
                nanos: 0,
            }),
            counts: Some(v1::LabelCounts {
                positives,
                negatives: 1000 - positives,
                unknown: 7,
                positive_share: Some(positives as f64 / 1000.0),
            }),
            mean_uniqueness: Some(0.125),
            mean_overlap: Some(9.0),
        }
    }

    #[test]
    fn a_grid_is_a_table_of_shares_and_its_counts() {
        let cells = [
            cell(0.02, 5, 300),
            cell(0.02, 30, 500),
            cell(0.05, 5, 12),
            cell(0.05, 30, 40),
        ];
        assert_eq!(
            text(&cells, Paint::Plain),
            "share of positives by change and horizon\n\
             change      5m     30m\n\
             \u{20}2.0 %  30.0 %  50.0 %\n\
             \u{20}5.0 %   1.2 %   4.0 %\n\
             \n\
             change  horizon  positive  negative  unknown   share  uniqueness  overlap\n\
             \u{20}2.0 %       5m       300       700        7  30.0 %       0.125     9.00\n\
             \u{20}2.0 %      30m       500       500        7  50.0 %       0.125     9.00\n\
             \u{20}5.0 %       5m        12       988        7   1.2 %       0.125     9.00\n\
             \u{20}5.0 %      30m        40       960        7   4.0 %       0.125     9.00"
        );
    }

    #[test]
    fn the_first_of_a_grid_stands_where_no_change_and_no_horizon_was_said() {
        let line = "mlts labels preview --grid-change 2%,0.05 --grid-horizon 5m,10m,30m";
        let Command::Labels(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
            panic!("{line}")
        };
        let LabelsCommand::Preview(args) = args.command;
        let mut request = v1::PreviewLabelsRequest::default();
        args.grid.label(&args.label).apply(&mut request.label).unwrap();
        args.grid
            .apply(&mut request.grid_changes, &mut request.grid_horizons);
        assert_eq!(request.grid_changes, [0.02, 0.05]);
        let seconds: Vec<i64> = request.grid_horizons.iter().map(|span| span.seconds).collect();
        assert_eq!(seconds, [300, 600, 1800]);
        let Some(v1::label_spec::Kind::ChangeAtHorizon(label)) = request.label.unwrap().kind else {
            panic!("another label")
        };
        assert_eq!((label.change, label.horizon.unwrap().seconds), (0.02, 300));
    }
}
