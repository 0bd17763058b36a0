//! Tables and figures as they stand on the page.

use askama::Template;

/// A table with a caption.
#[derive(Template)]
#[template(path = "table.html")]
pub(crate) struct Table {
    pub caption: String,
    pub head: Vec<Head>,
    pub rows: Vec<Row>,
}

/// The head of a column.
pub(crate) struct Head {
    pub text: &'static str,
    pub class: &'static str,
}

/// A row, whose first cell names it.
pub(crate) struct Row {
    pub class: &'static str,
    pub cells: Vec<Cell>,
}

/// A cell.
pub(crate) struct Cell {
    pub text: String,
    pub class: &'static str,
    /// Length of the bar behind the text, in percent, where there is one.
    pub bar: Option<String>,
}

/// A chart with what is said of it.
#[derive(Template)]
#[template(path = "figure.html")]
pub(crate) struct Figure {
    pub svg: String,
    pub caption: String,
}

impl Table {
    /// An empty table. Heads that begin with `>` stand over numbers.
    pub(crate) fn new(caption: impl Into<String>, heads: &[&'static str]) -> Self {
        let head = |text: &&'static str| match text.strip_prefix('>') {
            Some(text) => Head {
                text,
                class: "number",
            },
            None => Head { text, class: "" },
        };
        Self {
            caption: caption.into(),
            head: heads.iter().map(head).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.add("", cells);
    }

    /// Adds a row that stands out.
    pub(crate) fn strong_row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.add("strong", cells);
    }

    fn add(&mut self, class: &'static str, cells: impl IntoIterator<Item = Cell>) {
        let cells = cells.into_iter().collect();
        self.rows.push(Row { class, cells });
    }
}

impl Cell {
    /// A word.
    pub(crate) fn word(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            class: "",
            bar: None,
        }
    }

    /// A name from elsewhere, written like code.
    pub(crate) fn name(text: impl Into<String>) -> Self {
        Self {
            class: "name",
            ..Self::word(text)
        }
    }

    /// A time, or two, in one line.
    pub(crate) fn time(text: impl Into<String>) -> Self {
        Self {
            class: "time",
            ..Self::word(text)
        }
    }

    /// A number.
    pub(crate) fn number(text: impl Into<String>) -> Self {
        Self {
            class: "number",
            ..Self::word(text)
        }
    }

    /// A number with a bar behind it, whose length is `part` of the cell.
    pub(crate) fn bar(text: impl Into<String>, part: f64) -> Self {
        let percent = if part.is_finite() {
            part.clamp(0.0, 1.0) * 100.0
        } else {
            0.0
        };
        Self {
            class: "number bar",
            bar: Some(format!("{percent:.1}")),
            ..Self::word(text)
        }
    }
}

/// The figure of a chart that could be drawn.
pub(crate) fn figure(svg: Option<String>, caption: impl Into<String>) -> Option<Figure> {
    svg.map(|svg| Figure {
        svg,
        caption: caption.into(),
    })
}
