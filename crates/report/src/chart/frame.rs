//! The frame of a chart: where its numbers lie in the drawing, and its axes.

use super::svg::{Anchor, Place, Svg};

/// All charts are this wide; they scale to the column that they stand in, on a phone to nearly this.
pub(crate) const WIDTH: f64 = 380.0;
/// Of a chart with two axes.
pub(crate) const HEIGHT: f64 = 300.0;

/// One direction of a chart.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    /// What its numbers are.
    pub label: &'static str,
    /// The smallest.
    pub low: f64,
    /// The largest, above it.
    pub high: f64,
    /// How they are written.
    pub write: fn(f64) -> String,
}

/// Where the numbers of two axes lie.
pub(crate) struct Frame {
    x: Axis,
    y: Axis,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Axis {
    /// Shares from 0 to 1.
    pub(crate) fn share(label: &'static str) -> Self {
        Self::share_to(label, 1.0)
    }

    /// Shares from 0 to `high`.
    pub(crate) fn share_to(label: &'static str, high: f64) -> Self {
        Self {
            label,
            low: 0.0,
            high,
            write: percent,
        }
    }

    /// Round numbers within the axis, some five.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let span = self.high - self.low;
        if !(span.is_finite() && span > 0.0) {
            return Vec::new();
        }
        let rough = span / 4.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|nth| nth as f64 * step).collect()
    }
}

impl Frame {
    /// A frame that fills a chart of [`WIDTH`] x [`HEIGHT`].
    pub(crate) fn new(x: Axis, y: Axis) -> Self {
        Self {
            x,
            y,
            left: 46.0,
            right: WIDTH - 12.0,
            top: 28.0,
            bottom: HEIGHT - 42.0,
        }
    }

    /// Where two numbers lie; those beyond an axis at its end.
    pub(crate) fn at(&self, x: f64, y: f64) -> Place {
        let part = |axis: &Axis, value: f64| ((value - axis.low) / (axis.high - axis.low)).clamp(0.0, 1.0);
        (
            self.left + part(&self.x, x) * (self.right - self.left),
            self.bottom - part(&self.y, y) * (self.bottom - self.top),
        )
    }

    /// The lower end, in the drawing.
    pub(crate) fn floor(&self) -> f64 {
        self.bottom
    }

    /// The upper end, in the drawing.
    pub(crate) fn ceiling(&self) -> f64 {
        self.top
    }

    /// Grid, numbers and labels of both axes.
    pub(crate) fn draw(&self, svg: &mut Svg) {
        self.draw_upright(svg);
        for tick in self.x.ticks() {
            let (x, _) = self.at(tick, self.y.low);
            svg.line("grid", (x, self.top), (x, self.bottom));
            svg.text(
                "tick",
                (x, self.bottom + 16.0),
                Anchor::Middle,
                &(self.x.write)(tick),
            );
        }
        self.draw_labels(svg);
    }

    /// What the axes are.
    pub(crate) fn draw_labels(&self, svg: &mut Svg) {
        let middle = f64::midpoint(self.left, self.right);
        svg.text("axis", (middle, HEIGHT - 6.0), Anchor::Middle, self.x.label);
        svg.text("axis", (4.0, 14.0), Anchor::Start, self.y.label);
    }

    /// Grid and numbers of the upright axis alone.
    pub(crate) fn draw_upright(&self, svg: &mut Svg) {
        for tick in self.y.ticks() {
            let (_, y) = self.at(self.x.low, tick);
            svg.line("grid", (self.left, y), (self.right, y));
            svg.text(
                "tick",
                (self.left - 6.0, y + 4.0),
                Anchor::End,
                &(self.y.write)(tick),
            );
        }
    }
}

/// `35 %`, with as many digits as small shares need.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = match percent.abs() {
        p if p == 0.0 || (p - p.round()).abs() < 1e-9 => 0,
        p if p >= 0.1 => 1,
        _ => 2,
    };
    format!("{percent:.digits$} %")
}

/// `0.025`, to three digits and no more than are needed.
pub(crate) fn decimal(value: f64) -> String {
    let text = format!("{value:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(low: f64, high: f64) -> Vec<f64> {
        let axis = Axis {
            low,
            high,
            ..Axis::share("")
        };
        axis.ticks()
    }

    #[test]
    fn ticks_are_round_and_within_their_axis() {
        let close = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(
                found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
                "{found:?}"
            );
        };
        close(ticks(0.0, 1.0), &[0.0, 0.25, 0.5, 0.75, 1.0]);
        close(ticks(0.47, 0.81), &[0.5, 0.6, 0.7, 0.8]);
        close(ticks(0.0, 0.031), &[0.0, 0.01, 0.02, 0.03]);
        close(ticks(1.0, 1.0), &[]);
        close(ticks(f64::NAN, 1.0), &[]);
    }

    #[test]
    fn numbers_beyond_an_axis_lie_at_its_end() {
        let frame = Frame::new(Axis::share("x"), Axis::share("y"));
        assert_eq!(frame.at(-3.0, 7.0), frame.at(0.0, 1.0));
        assert_eq!(frame.at(0.0, 0.0).1, frame.floor());
    }

    #[test]
    fn shares_are_written_with_the_digits_that_they_need() {
        let found = [0.0, 1.0, 0.25, 0.125, 0.0005, 0.05].map(percent);
        assert_eq!(found, ["0 %", "100 %", "25 %", "12.5 %", "0.05 %", "5 %"]);
    }
}
