//! Growth of a quantity over time, by least squares.

use std::fmt;

/// Measurements of one quantity of one process or table: seconds since the start, and the value.
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<(f64, f64)>);

/// What growth of a quantity is tolerated, and what is too much.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    /// A share of the mean value, per hour.
    pub share_per_hour: f64,
    /// What a value may move about by, however short the time.
    pub amount: f64,
    /// Growth per hour that a soak must notice; one that is too short to notice it says so.
    pub leak_per_hour: f64,
}

/// A quantity that was expected and measured too seldom: a process that was watched is gone, or the soak was too short.
#[derive(Debug, Clone)]
pub struct TooFew {
    /// What should have been measured.
    pub what: String,
    /// Measurements after the warm-up.
    pub measurements: usize,
    /// How many there should be, at least.
    pub needed: usize,
}

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
    /// The least growth per hour that would not have been tolerated: what the soak was long enough to tell.
    pub told_per_hour: f64,
    /// Growth per hour that should be noticed.
    pub leak_per_hour: f64,
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
    /// Growth over several series of one quantity (a process that was started again begins a new one), each without its first
    /// `warm_up` seconds: one slope for all, each series about its own mean.
    ///
    /// # Errors
    /// When fewer than `needed` measurements are left (two at least).
    pub fn of(
        what: &str,
        series: &[Series],
        warm_up: f64,
        tolerance: Tolerance,
        needed: usize,
    ) -> Result<Self, TooFew> {
        let warm: Vec<&[(f64, f64)]> = series
            .iter()
            .map(|s| s.warm(warm_up))
            .filter(|s| s.len() >= 2)
            .collect();
        let measurements: usize = warm.iter().map(|s| s.len()).sum();
        if warm.is_empty() || measurements < needed {
            return Err(TooFew {
                what: what.to_owned(),
                measurements,
                needed,
            });
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
        let tolerated = mean * tolerance.share_per_hour * hours + tolerance.amount;
        let last = warm[warm.len() - 1];
        Ok(Self {
            what: what.to_owned(),
            from_to: (warm[0][0].1, last[last.len() - 1].1),
            per_hour,
            rise: per_hour * hours,
            tolerated,
            told_per_hour: tolerated / hours,
            leak_per_hour: tolerance.leak_per_hour,
            measurements,
        })
    }

    /// True when it grew no more than is tolerated.
    pub fn is_fine(&self) -> bool {
        self.rise <= self.tolerated
    }

    /// True when the soak was long enough to notice a leak.
    pub fn tells(&self) -> bool {
        self.told_per_hour <= self.leak_per_hour
    }

    fn verdict(&self) -> String {
        match (self.is_fine(), self.tells()) {
            (false, _) => "GROWS".to_owned(),
            (true, true) => "ok".to_owned(),
            (true, false) => format!("ok, but cannot tell {:.0}/h", self.leak_per_hour),
        }
    }
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<34}TOO FEW samples: {}, needed are {}",
            self.what, self.measurements, self.needed
        )
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<34}{:>12.1}{:>12.1}{:>12.1}{:>10.1}{:>12.1}{:>12.1}{:>9}  {}",
            self.what,
            self.from_to.0,
            self.from_to.1,
            self.per_hour,
            self.rise,
            self.tolerated,
            self.told_per_hour,
            self.measurements,
            self.verdict()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a process: as the soak tolerates it.
    const RSS: Tolerance = Tolerance {
        share_per_hour: 0.05,
        amount: 6144.0,
        leak_per_hour: 51_200.0,
    };

    fn series(from: u32, value: impl Fn(f64) -> f64) -> Series {
        let mut series = Series::default();
        for second in from..from + 100 {
            series.add(f64::from(second), value(f64::from(second)));
        }
        series
    }

    fn amount(amount: f64) -> Tolerance {
        Tolerance {
            share_per_hour: 0.0,
            amount,
            leak_per_hour: 1.0,
        }
    }

    #[test]
    fn a_slope_is_found_over_series_of_different_levels() {
        let two = [series(0, |s| 5.0 + s), series(200, |s| 900.0 + s)];
        let growth = Growth::of("x", &two, 10.0, amount(80.0), 10).unwrap();
        assert!((growth.per_hour - 3600.0).abs() < 1e-6, "{growth:?}");
        assert!((growth.rise - 89.0).abs() < 1e-6, "{growth:?}");
        assert!(!growth.is_fine());
        assert_eq!(growth.measurements, 180);
        assert!(Growth::of("x", &two, 10.0, amount(90.0), 10).unwrap().is_fine());
    }

    #[test]
    fn a_warm_up_is_no_growth() {
        let one = [series(0, |s| s.min(10.0))];
        assert!(Growth::of("x", &one, 20.0, amount(0.1), 10).unwrap().is_fine());
        assert!(!Growth::of("x", &one, 0.0, amount(0.1), 10).unwrap().is_fine());
    }

    #[test]
    fn what_was_measured_too_seldom_is_no_growth_of_nothing() {
        let one = [series(0, |s| s)];
        let few = Growth::of("x", &one, 95.0, amount(0.1), 10).unwrap_err();
        assert_eq!((few.measurements, few.needed), (5, 10));
        let none = Growth::of("x", &[], 0.0, amount(0.1), 0).unwrap_err();
        assert_eq!(none.measurements, 0);
    }

    /// A process of 150 MiB that leaks, measured every three seconds.
    fn leaking(mib_per_hour: f64, seconds: u32) -> Growth {
        let mut series = Series::default();
        for second in (0..seconds).step_by(3) {
            let at = f64::from(second);
            let moving = f64::from(second % 7) * 512.0;
            series.add(at, 153_600.0 + moving + at / 3600.0 * mib_per_hour * 1024.0);
        }
        Growth::of("rss_kib", &[series], 60.0, RSS, 10).unwrap()
    }

    #[test]
    fn two_hours_notice_a_leak_of_fifty_megabytes_an_hour_and_five_minutes_say_that_they_cannot() {
        let long = leaking(50.0, 7200);
        assert!(!long.is_fine() && long.tells(), "{long}");
        let tight = leaking(0.0, 7200);
        assert!(tight.is_fine() && tight.tells(), "{tight}");
        let short = leaking(50.0, 300);
        assert!(short.is_fine() && !short.tells(), "{short}");
        assert!(short.to_string().contains("cannot tell 51200/h"), "{short}");
    }
}
