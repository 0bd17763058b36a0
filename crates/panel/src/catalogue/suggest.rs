//! The nearest known name to a mistyped one.

/// Below this similarity a suggestion would be a guess.
const ALIKE: f64 = 0.75;

/// `; did you mean ...?` with the known name that is nearest to `name`, or nothing when none is near.
pub fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let lower = name.to_lowercase();
    let scored = known.map(|k| (strsim::jaro_winkler(&lower, &k.to_lowercase()), k));
    let best = scored
        .filter(|(score, _)| *score >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    best.map_or_else(String::new, |(_, known)| format!("; did you mean `{known}`?"))
}
