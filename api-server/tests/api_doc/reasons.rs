//! The reasons of errors, as their comments tell them.

use crate::contract::{comment, pool};

/// One reason.
pub(crate) struct Reason {
    /// `UNKNOWN_FEATURE`.
    pub(crate) name: String,
    /// The gRPC code of a call that fails so; `None` when only jobs do.
    pub(crate) code: Option<String>,
    /// What it means, without its example.
    pub(crate) text: String,
    /// The metadata of the example, `key: value` each.
    pub(crate) metadata: Vec<String>,
    /// The message of the example.
    pub(crate) message: String,
}

/// Every reason but the one that is never sent, in the order of their numbers.
pub(crate) fn reasons() -> Vec<Reason> {
    let found = pool().get_enum_by_name("mltraining.v1.ErrorReason").unwrap();
    let file = found.parent_file();
    let sent = found.values().filter(|value| value.number() != 0);
    sent.map(|value| read(value.name(), &comment(&file, value.path()).join(" ")))
        .collect()
}

/// What stands above the enum.
pub(crate) fn introduction() -> Vec<String> {
    let found = pool().get_enum_by_name("mltraining.v1.ErrorReason").unwrap();
    comment(&found.parent_file(), found.path())
}

fn read(name: &str, comment: &str) -> Reason {
    let (text, example) = comment.split_once(" Example: `").unwrap_or((comment, ""));
    let (message, metadata) = example.split_once("`. With `").unwrap_or((example, ""));
    let word = text.split([',', '.']).next().unwrap_or_default();
    let is_code = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let pairs = metadata.trim_end_matches("`.").split("`, `");
    Reason {
        name: name.trim_start_matches("ERROR_REASON_").to_owned(),
        code: is_code.then(|| word.to_owned()),
        text: text.to_owned(),
        metadata: pairs.filter(|pair| !pair.is_empty()).map(str::to_owned).collect(),
        message: message.trim_end_matches("`.").to_owned(),
    }
}
