//! docs/API.md is made of the comments of the .proto files and of the table of methods:
//! `UPDATE_DOCS=1 ./dev test -p api-server --test api_doc` writes it anew.
#![allow(clippy::unwrap_used, missing_docs)]

mod contract;
mod page;
mod reasons;

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_reference_of_the_api_says_what_the_contract_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/API.md");
    let page = page::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == page,
        "docs/API.md is not what the .proto files and the table of methods say; UPDATE_DOCS=1 writes it anew"
    );
}

/// The anchor that GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
        .collect::<String>()
        .replace(' ', "-")
}

#[test]
fn every_heading_has_an_anchor_of_its_own_and_every_link_one_that_is_there() {
    let page = page::page();
    let headings: Vec<String> = page
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect();
    let anchors: BTreeSet<&String> = headings.iter().collect();
    assert_eq!(anchors.len(), headings.len(), "two headings have one anchor");
    assert!(headings.len() > 300, "{}", headings.len());
    for link in page.split("](#").skip(1) {
        let link = link.split(')').next().unwrap().to_owned();
        assert!(anchors.contains(&link), "no heading has the anchor {link}");
    }
}

#[test]
fn every_reason_is_shown_with_its_code_and_its_message() {
    for reason in reasons::reasons() {
        assert!(!reason.message.is_empty(), "{} has no example", reason.name);
        assert!(!reason.text.is_empty(), "{} is not explained", reason.name);
        assert!(
            reason.code.is_some() || reason.text.contains("job") || reason.text.contains("attempt"),
            "{} has no code and is no end of a job",
            reason.name
        );
    }
    assert!(reasons::reasons().len() >= 40);
}
