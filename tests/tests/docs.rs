//! What the pages say is there.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1::ErrorReason;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

fn pages() -> Vec<PathBuf> {
    let of = |folder: &str| {
        std::fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    let all = of(".").chain(of("docs")).chain(of("docs/adr"));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

#[test]
fn every_reason_of_an_error_has_a_way_out() {
    let page = std::fs::read_to_string(root().join("docs/TROUBLESHOOTING.md")).unwrap();
    let reasons: Vec<ErrorReason> = (1..1000)
        .filter_map(|number| ErrorReason::try_from(number).ok())
        .collect();
    assert!(reasons.len() >= 40);
    for reason in reasons {
        let name = reason.as_str_name().trim_start_matches("ERROR_REASON_");
        assert!(
            page.contains(&format!("\n| `{name}` | ")),
            "{name} is not in docs/TROUBLESHOOTING.md"
        );
    }
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", page.display());
            let is_page = target.extension().is_some_and(|extension| extension == "md");
            if is_page && !heading.is_empty() {
                let headings = headings(&std::fs::read_to_string(&target).unwrap());
                assert!(
                    headings.iter().any(|found| found == heading),
                    "{}: {link}: {headings:?}",
                    page.display()
                );
            }
        }
    }
}

/// The anchors of a page's headings, as GitHub makes them.
fn headings(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let of_anchor = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
        kept.chars()
            .filter(of_anchor)
            .collect::<String>()
            .replace(' ', "-")
    };
    lines.map(anchor).collect()
}
