//! The drawing itself: shapes with classes, which the style sheet of the page colours, and texts that are always escaped.

use std::fmt::Write as _;

/// A place in the drawing, x to the right and y downwards.
pub(crate) type Place = (f64, f64);

/// How a text stands to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing that scales to the width it is given.
pub(crate) struct Svg {
    head: String,
    body: String,
}

impl Svg {
    /// An empty drawing. `id` is its own on the page; the title and the description are what a screen reader says of it.
    pub(crate) fn new(id: &str, (width, height): (f64, f64), title: &str, description: &str) -> Self {
        let head = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\
             <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
            escape(title),
            escape(description)
        );
        let body = String::new();
        Self { head, body }
    }

    /// A straight line.
    pub(crate) fn line(&mut self, class: &str, from: Place, to: Place) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A line through places; nothing for fewer than two.
    pub(crate) fn path(&mut self, class: &str, places: &[Place]) {
        if places.len() > 1 {
            self.push(format_args!(
                "<path class=\"{class}\" d=\"{}\"/>",
                through(places)
            ));
        }
    }

    /// The area between places and a level below them.
    pub(crate) fn area(&mut self, class: &str, places: &[Place], level: f64) {
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return;
        };
        let (left, right) = (first.0, last.0);
        let line = through(places);
        self.push(format_args!(
            "<path class=\"{class}\" d=\"{line}L{right:.1} {level:.1}L{left:.1} {level:.1}Z\"/>"
        ));
    }

    /// A box with rounded corners, and what is said when it is pointed at.
    pub(crate) fn rect(&mut self, class: &str, (x, y): Place, (width, height): (f64, f64), tip: &str) {
        let tip = tip_of(tip);
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\">{tip}</rect>"
        ));
    }

    /// A dot, and what is said when it is pointed at.
    pub(crate) fn dot(&mut self, class: &str, (x, y): Place, radius: f64, tip: &str) {
        let tip = tip_of(tip);
        self.push(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\">{tip}</circle>"
        ));
    }

    /// A text.
    pub(crate) fn text(&mut self, class: &str, (x, y): Place, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// The whole drawing.
    pub(crate) fn finish(self) -> String {
        format!("{}{}</svg>", self.head, self.body)
    }

    fn push(&mut self, shape: std::fmt::Arguments<'_>) {
        self.body
            .write_fmt(shape)
            .expect("a string takes every text that is written to it");
    }
}

fn through(places: &[Place]) -> String {
    let steps = places.iter().enumerate().map(|(nth, (x, y))| {
        let command = if nth == 0 { 'M' } else { 'L' };
        format!("{command}{x:.1} {y:.1}")
    });
    steps.collect()
}

fn tip_of(tip: &str) -> String {
    if tip.is_empty() {
        String::new()
    } else {
        format!("<title>{}</title>", escape(tip))
    }
}

/// A text that stands for itself in HTML, in an element and in a quoted attribute.
fn escape(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html)
        .map(|escaped| escaped.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_element() {
        let hostile = "</text></svg><script>alert(1)</script>\" onload='x'&";
        let mut svg = Svg::new("a", (10.0, 10.0), hostile, hostile);
        svg.text("t", (0.0, 0.0), Anchor::Start, hostile);
        svg.rect("r", (0.0, 0.0), (1.0, 1.0), hostile);
        svg.dot("d", (0.0, 0.0), 1.0, hostile);
        let drawn = svg.finish();
        assert!(
            !drawn.contains("<script") && !drawn.contains("onload='"),
            "{drawn}"
        );
        assert_eq!(drawn.matches("</svg>").count(), 1);
        assert_eq!(
            drawn.matches("&#60;script&#62;").count() + drawn.matches("&lt;script&gt;").count(),
            5
        );
    }

    #[test]
    fn a_line_needs_two_places() {
        let mut svg = Svg::new("a", (10.0, 10.0), "", "");
        svg.path("p", &[(1.0, 2.0)]);
        svg.area("p", &[], 3.0);
        assert!(!svg.finish().contains("<path"));
    }
}
