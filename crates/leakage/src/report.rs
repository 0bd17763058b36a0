//! What was found, and how much was looked at.

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// Values that change when later rows do.
    LookAhead,
    /// Features that tell nearly all of the label alone.
    SingleFeature,
    /// Features and columns that tell the number which the label depends on.
    TargetCopy,
    /// Rows that share entity and time.
    DuplicateRows,
    /// Features that are equal, or nearly.
    DuplicateFeatures,
    /// Columns that hold what is known only at the end.
    KnownAtEnd,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// May be meant.
    Warning,
    /// What the model is said to be worth cannot be believed.
    Error,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A feature, by its name.
    Feature(String),
    /// A column of the source.
    Column(String),
    /// The label.
    Label,
    /// The source's rows.
    Rows,
}

/// A value that changed when later rows did.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its entity.
    pub entity: String,
    /// Time of its row, microseconds since 1970-01-01 UTC.
    pub time: i64,
    /// Rows after this time were changed, microseconds since 1970-01-01 UTC.
    pub cut: i64,
    /// The value from all rows; NaN when it was unknown. Of a label 1 for a positive, 0 for a negative.
    pub before: f64,
    /// The value from the rows with another future.
    pub after: f64,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// The feature or column that the subject equals, if that is what was found.
    pub other: Option<String>,
    /// What was measured, in the unit of the check.
    pub value: Option<f64>,
    /// The first of the values that changed, if that is what was found.
    pub change: Option<Change>,
    /// One sentence for people: what it is, and what to do.
    pub text: String,
}

/// What a check looked at; 0 for what it does not look at. Without this a report without findings would say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// Rows.
    pub rows: u64,
    /// Entities of these rows.
    pub entities: u64,
    /// Features that could be judged.
    pub features: u64,
    /// Columns of the source that could be judged.
    pub columns: u64,
    /// Times after which rows were changed.
    pub cuts: u64,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What was looked at.
    pub scope: Scope,
    /// What was found, in the order of the features, then of the columns.
    pub findings: Vec<Finding>,
}

/// A check with its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The check.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of all checks, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Each check once.
    pub checked: Vec<Checked>,
}
