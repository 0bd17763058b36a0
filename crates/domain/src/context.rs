//! A context of a source: another registered source, of which one series is seen as of each row's time.

use crate::{Reason, SourceId, SourceSpec, Span, Violations};
use serde::{Deserialize, Serialize};

/// One series that stands beside a source's rows: the newest of its rows that is known at a row's time, and not too old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceContext {
    /// The name that features call it by.
    pub name: String,
    /// The registered source, of the same project.
    pub source: SourceId,
    /// Whose rows of it; `None` iff the source is a single series.
    pub entity: Option<String>,
    /// How long after its time a row becomes known.
    pub availability_delay: Span,
    /// A row older than this, counted from its time, says nothing.
    pub max_age: Span,
    /// How the registered source is read. Contexts of a context are not followed: it has none here.
    pub spec: Box<SourceSpec>,
}

/// No source has more contexts.
pub const MAX_CONTEXTS: usize = 16;
/// No name of a context is longer, in bytes.
const MAX_NAME: usize = 63;

/// Everything that is wrong with the contexts of a source, fields named below `prefix` (`source.contexts`).
pub(crate) fn check(contexts: &[SourceContext], prefix: &str) -> Violations {
    let mut found = Violations::new();
    found.require(contexts.len() <= MAX_CONTEXTS, prefix, || {
        format!("{} contexts; at most {MAX_CONTEXTS} are taken", contexts.len())
    });
    for (i, context) in contexts.iter().enumerate().take(MAX_CONTEXTS) {
        let field = |name: &str| format!("{prefix}[{i}].{name}");
        found.require(is_name(&context.name), &field("name"), || {
            format!(
                "`{}` must start with a lower-case letter and have 1 to {MAX_NAME} of a-z, 0-9 and '_'",
                context.name.escape_debug()
            )
        });
        let twice = contexts[..i].iter().any(|earlier| earlier.name == context.name);
        found.require(!twice, &field("name"), || {
            format!("`{}` is named twice", context.name)
        });
        found.extend(check_entity(context, &field("entity")));
        found.require(!context.max_age.is_zero(), &field("max_age"), || {
            "must be positive: no row would be young enough".to_owned()
        });
        found.require(
            context.availability_delay <= context.max_age,
            &field("availability_delay"),
            || {
                format!(
                    "{} is longer than max_age, {}: a row would be too old before it is known",
                    context.availability_delay, context.max_age
                )
            },
        );
    }
    found
}

/// One series must be meant.
fn check_entity(context: &SourceContext, field: &str) -> Violations {
    let source = &context.source;
    match (&context.entity, &context.spec.entity_column) {
        (None, None) => Violations::new(),
        (Some(entity), Some(_)) => {
            let mut found = Violations::new();
            let good = !entity.is_empty() && entity.len() <= 1000 && !entity.contains('\0');
            found.require(good, field, || {
                "must have 1 to 1000 bytes, without the character NUL".to_owned()
            });
            found
        }
        (None, Some(column)) => Violations::one(
            field,
            Reason::InvalidField,
            format!("`{source}` holds many series; say which one, as it stands in its column `{column}`"),
        ),
        (Some(_), None) => Violations::one(
            field,
            Reason::InvalidField,
            format!("`{source}` is a single series; leave the entity out"),
        ),
    }
}

fn is_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= MAX_NAME
        && text.bytes().all(good)
}
