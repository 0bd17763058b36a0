//! New values of a model, by a field mask (AIP-161).

use super::field::check_text;
use mltraining_domain::labels;
use mltraining_domain::{ModelId, Violations};
use mltraining_proto::v1;
use mltraining_store::models::ModelChange;

const PATHS: [&str; 3] = ["display_name", "description", "labels"];

/// The change that a request asks for; without a mask, the fields of `model` that are not empty. An empty display name
/// means the model's id.
pub(crate) fn read(
    model: v1::Model,
    mask: Option<&prost_types::FieldMask>,
    id: &ModelId,
    found: &mut Violations,
) -> ModelChange {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    for path in paths {
        found.require(
            path == "*" || PATHS.contains(&path.as_str()),
            "update_mask",
            || format!("`{path}` cannot be changed; give {} or *", PATHS.join(", ")),
        );
    }
    let wanted = |path: &str, is_empty: bool| match paths {
        [] => !is_empty,
        paths => paths.iter().any(|p| p == "*" || p == path),
    };
    check_text(&model.display_name, 100, "model.display_name", found);
    check_text(&model.description, 4000, "model.description", found);
    found.extend(labels::check(&model.labels, "model.labels"));
    let display_name = wanted("display_name", model.display_name.is_empty()).then_some(model.display_name);
    ModelChange {
        display_name: display_name.map(|name| if name.is_empty() { id.to_string() } else { name }),
        description: wanted("description", model.description.is_empty()).then_some(model.description),
        labels: wanted("labels", model.labels.is_empty()).then_some(model.labels),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn change(model: v1::Model, paths: &[&str]) -> Result<ModelChange, Violations> {
        let mask = prost_types::FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        };
        let mut found = Violations::new();
        let change = read(model, Some(&mask), &"pump".parse().unwrap(), &mut found);
        found.into_result(change)
    }

    fn named(name: &str) -> v1::Model {
        v1::Model {
            display_name: name.to_owned(),
            ..v1::Model::default()
        }
    }

    #[test]
    fn only_what_the_mask_names_is_changed() {
        let without = change(named("Pump"), &[]).unwrap();
        assert_eq!(without.display_name.as_deref(), Some("Pump"));
        assert_eq!((without.description, without.labels), (None, None));
        let described = change(named("Pump"), &["description"]).unwrap();
        assert_eq!(
            (described.display_name, described.description),
            (None, Some(String::new()))
        );
        let all = change(named(""), &["*"]).unwrap();
        assert_eq!(all.display_name.as_deref(), Some("pump"));
        assert_eq!(
            (all.description.as_deref(), all.labels),
            (Some(""), Some([].into()))
        );
    }

    #[test]
    fn an_unknown_path_is_named() {
        for path in ["name", "labels.team", "x\"; drop table job; --", ""] {
            let found = change(named("Pump"), &["display_name", path]).unwrap_err();
            let violation = found.iter().next().unwrap();
            assert_eq!(violation.field, "update_mask");
            assert!(
                violation.description.contains(&format!("`{path}`")),
                "{}",
                violation.description
            );
        }
    }

    #[test]
    fn values_out_of_range_are_named_by_their_fields() {
        let long = v1::Model {
            display_name: "x".repeat(101),
            description: "x".repeat(4001),
            labels: [("Team".to_owned(), "a".to_owned())].into(),
            ..v1::Model::default()
        };
        let found = change(long, &["*"]).unwrap_err();
        let fields: Vec<&str> = found.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            ["model.display_name", "model.description", "model.labels"]
        );
        assert!(change(named("a\0b"), &[]).is_err());
    }
}
