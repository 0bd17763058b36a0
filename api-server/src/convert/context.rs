//! Contexts of sources: what a client registers, completed by the sources that they name.

use super::time::{read_span, show_span};
use super::train_spec::named_source;
use mltraining_domain::name::SourceName;
use mltraining_domain::{ProjectId, SourceContext, SourceId, SourceSpec, Span, Violations};
use mltraining_proto::v1;

/// A context as a client writes it, its source not looked up yet.
#[derive(Debug)]
pub(crate) struct ContextDraft {
    /// The registered source that it names; `None` when it names none, which is noted.
    pub(crate) source: Option<SourceId>,
    name: String,
    entity: Option<String>,
    availability_delay: Span,
    max_age: Option<Span>,
}

/// So many bar intervals a row of a context lives on, when nobody says how long.
const BARS_OF_AGE: i64 = 3;

/// Reads the context number `i` of a source.
pub(super) fn read(
    context: v1::SourceContext,
    i: usize,
    project: &ProjectId,
    found: &mut Violations,
) -> ContextDraft {
    let field = |name: &str| format!("source.contexts[{i}].{name}");
    ContextDraft {
        source: source(&context.source, project, &field("source"), found),
        name: context.name,
        entity: Some(context.entity).filter(|entity| !entity.is_empty()),
        availability_delay: read_span(context.availability_delay, &field("availability_delay"), found)
            .unwrap_or(Span::ZERO),
        max_age: read_span(context.max_age, &field("max_age"), found),
    }
}

fn source(text: &str, project: &ProjectId, field: &str, found: &mut Violations) -> Option<SourceId> {
    if text.is_empty() {
        found.invalid(field, "required: say which registered source it is");
        return None;
    }
    named_source(text, project, field, found)
}

impl ContextDraft {
    /// The context, now that its source is known. Contexts of that source are not followed.
    pub(crate) fn complete(self, source: SourceId, mut spec: SourceSpec) -> SourceContext {
        spec.contexts.clear();
        let bars = spec.bar_interval.micros().saturating_mul(BARS_OF_AGE);
        let usual = Span::from_micros(bars.saturating_add(self.availability_delay.micros()));
        SourceContext {
            name: self.name,
            source,
            entity: self.entity,
            availability_delay: self.availability_delay,
            max_age: self.max_age.or(usual).unwrap_or(Span::ZERO),
            spec: Box::new(spec),
        }
    }
}

/// The context as the wire holds it.
pub(super) fn show(context: &SourceContext, project: &ProjectId) -> v1::SourceContext {
    let source = SourceName {
        project: project.clone(),
        source: context.source.clone(),
    };
    v1::SourceContext {
        name: context.name.clone(),
        source: source.to_string(),
        entity: context.entity.clone().unwrap_or_default(),
        availability_delay: Some(show_span(context.availability_delay)),
        max_age: Some(show_span(context.max_age)),
    }
}
