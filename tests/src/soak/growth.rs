//! Growth of a quantity over time, by least squares.

use std::fmt;

/// Measurements of one quantity of one process or table: seconds since the start, and the value.
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<(f64, f64)>);

/// How fast a quantity grew, against what is tolerated.
#[derive(Debug, Clone)]
pub struct Growth {
    /// What was measured.
    pub what: String,
    /// First and last value after the warm-up.
    pub from_to: (f64, f64),
    /// Growth per hour, by least squares over all series of the quantity.
    pub per_hour: f64,
    /// What that comes to over the longest series: how much one process grew.
    pub rise: f64,
    /// The rise up to which nothing is said.
    pub tolerated: f64,
    /// Measurements that it rests on.
    pub measurements: usize,
}

impl Series {
    /// Adds a measurement.
    pub fn add(&mut self, seconds: f64, value: f64) {
        self.0.push((seconds, value));
    }

    /// Without the first `seconds` of this series: what starts, grows.
    fn warm(&self, seconds: f64) -> &[(f64, f64)] {
        let first = self.0.first().map_or(0.0, |(at, _)| *at);
        let begin = self.0.partition_point(|(at, _)| at - first < seconds);
        &self.0[begin..]
    }
}

impl Growth {
    /// Growth over several series of one quantity (a process that was killed begins a new one), each without its first
    /// `warm_up` seconds: one slope for all, each series about its own mean. `tolerated`: a share of the mean value per hour, and
    /// an amount that a value may move about by, however short the time. `None` when fewer than ten measurements are left.
    pub fn of(what: &str, series: &[Series], warm_up: f64, tolerated: (f64, f64)) -> Option<Self> {
        let warm: Vec<&[(f64, f64)]> = series
            .iter()
            .map(|s| s.warm(warm_up))
            .filter(|s| s.len() >= 2)
            .collect();
        let measurements: usize = warm.iter().map(|s| s.len()).sum();
        if measurements < 10 {
            return None;
        }
        let (mut covariance, mut variance, mut sum) = (0.0, 0.0, 0.0);
        for points in &warm {
            let n = points.len() as f64;
            let mean_x = points.iter().map(|p| p.0).sum::<f64>() / n;
            let mean_y = points.iter().map(|p| p.1).sum::<f64>() / n;
            covariance += points
                .iter()
                .map(|p| (p.0 - mean_x) * (p.1 - mean_y))
                .sum::<f64>();
            variance += points.iter().map(|p| (p.0 - mean_x).powi(2)).sum::<f64>();
            sum += mean_y * n;
        }
        let mean = sum / measurements as f64;
        let span = |points: &&[(f64, f64)]| points[points.len() - 1].0 - points[0].0;
        let hours = warm.iter().map(span).fold(0.0, f64::max) / 3600.0;
        let per_hour = covariance / variance * 3600.0;
        Some(Self {
            what: what.to_owned(),
            from_to: (warm.first()?.first()?.1, warm.last()?.last()?.1),
            per_hour,
            rise: per_hour * hours,
            tolerated: mean * tolerated.0 * hours + tolerated.1,
            measurements,
        })
    }

    /// True when it grew no more than is tolerated.
    pub fn is_fine(&self) -> bool {
        self.rise <= self.tolerated
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<34}{:>12.1}{:>12.1}{:>12.1}{:>10.1}{:>12.1}{:>9}  {}",
            self.what,
            self.from_to.0,
            self.from_to.1,
            self.per_hour,
            self.rise,
            self.tolerated,
            self.measurements,
            if self.is_fine() { "ok" } else { "GROWS" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(from: u32, value: impl Fn(f64) -> f64) -> Series {
        let mut series = Series::default();
        for second in from..from + 100 {
            series.add(f64::from(second), value(f64::from(second)));
        }
        series
    }

    #[test]
    fn a_slope_is_found_over_series_of_different_levels() {
        let two = [series(0, |s| 5.0 + s), series(200, |s| 900.0 + s)];
        let growth = Growth::of("x", &two, 10.0, (0.0, 80.0)).unwrap();
        assert!((growth.per_hour - 3600.0).abs() < 1e-6, "{growth:?}");
        assert!((growth.rise - 89.0).abs() < 1e-6, "{growth:?}");
        assert!(!growth.is_fine());
        assert_eq!(growth.measurements, 180);
        assert!(Growth::of("x", &two, 10.0, (0.0, 90.0)).unwrap().is_fine());
    }

    #[test]
    fn a_warm_up_is_no_growth() {
        let one = [series(0, |s| s.min(10.0))];
        assert!(Growth::of("x", &one, 20.0, (0.0, 0.1)).unwrap().is_fine());
        assert!(!Growth::of("x", &one, 0.0, (0.0, 0.1)).unwrap().is_fine());
        assert!(
            Growth::of("x", &one, 95.0, (0.0, 0.1)).is_none(),
            "too little to tell"
        );
    }
}
