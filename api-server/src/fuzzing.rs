//! What holds whatever a caller writes into a filter, a page token or an `x-forwarded-for`. Fuzz targets (`fuzz/`) and property tests
//! ask the same; each function panics when it does not hold.

#[cfg(test)]
mod tests;

use crate::address::{self, FORWARDED};
use crate::convert::page::Page;
use crate::convert::{audit, evaluation_filter, job_filter, model_filter};
use crate::error::ApiError;
use chrono::{DateTime, Datelike, Utc};
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use mltraining_domain::filter::{self, Comparator, Field, Term};
use mltraining_domain::{Reason, page};
use mltraining_store::audit::AuditCursor;
use mltraining_store::jobs::JobCursor;
use mltraining_store::models::{Deleted, LeaderboardCursor, ModelCursor, UseCursor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::IpAddr;
use tonic::Status;
use tonic_types::StatusExt;

/// What tokens are sealed with here.
const SCOPE: [&str; 3] = ["List", "default", "state = RUNNING"];
/// The proxies that are trusted here: a client has none of these addresses.
const PROXIES: [&str; 2] = ["10.0.0.0/8", "2001:db8:1::/48"];
/// An address that the last proxy adds.
const CLIENT: &str = "192.0.2.1";

/// As the filter of every list: it is read, or refused as FILTER_SYNTAX with a column of the text; and what is read can be written
/// again so that it is read alike.
pub fn filter(text: &str) {
    let refusals = [
        job_filter::read(text).err(),
        job_filter::read_stateless(text).err(),
        model_filter::read(text, Deleted::Shown).err(),
        evaluation_filter::read(text).err(),
        audit::read(text).err(),
    ];
    for refusal in refusals.into_iter().flatten() {
        is_of_column(text, refusal);
    }
    if let Ok(terms) = filter::parse(text, &FIELDS) {
        let written: Vec<String> = terms.iter().map(write).collect();
        let written = written.join(" AND ");
        if written.len() <= filter::MAX_FILTER {
            let again = filter::parse(&written, &FIELDS).expect("what was written from terms is a filter");
            let parts = |term: &Term| (term.field.clone(), term.comparator, term.value.clone());
            assert!(again.iter().map(parts).eq(terms.iter().map(parts)), "{written}");
        }
    }
}

const FIELDS: [Field; 2] = [
    Field {
        path: "state",
        comparators: &[
            Comparator::Equal,
            Comparator::NotEqual,
            Comparator::Less,
            Comparator::GreaterOrEqual,
        ],
    },
    Field {
        path: "labels.*",
        comparators: &[Comparator::Equal, Comparator::LessOrEqual, Comparator::Greater],
    },
];

fn write(term: &Term) -> String {
    let value = term.value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{} {} \"{value}\"", term.field, term.comparator)
}

fn is_of_column(text: &str, refusal: ApiError) {
    assert_eq!(refusal.reason(), Reason::FilterSyntax, "{text:?}");
    let status = Status::from(refusal);
    let details = status.get_error_details();
    let metadata = &details
        .error_info()
        .expect("every refusal has an ErrorInfo")
        .metadata;
    let column: usize = metadata["column"].parse().expect("a column is a number");
    assert!(
        (1..=text.chars().count() + 1).contains(&column),
        "{column} of {text:?}"
    );
    assert!(!metadata["expected"].is_empty(), "{text:?}");
}

/// As a page token, and as what somebody puts below a good seal, which is no secret: what is read is a cursor that Postgres takes, and
/// it is sealed again to a token that reads alike.
pub fn page_token(text: &str) {
    read_as_all(text);
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        read_as_all(&page::encode(&value, &SCOPE));
    }
}

fn read_as_all(token: &str) {
    read_as::<JobCursor>(token);
    read_as::<ModelCursor>(token);
    read_as::<LeaderboardCursor>(token);
    read_as::<UseCursor>(token);
    read_as::<AuditCursor>(token);
    read_as::<String>(token);
    read_as::<usize>(token);
    read_as::<i32>(token);
}

fn read_as<C: Serialize + DeserializeOwned>(token: &str) {
    let read = match Page::<C>::read(1, token, &SCOPE) {
        Ok(page) => page.after,
        Err(refusal) => {
            assert_eq!(refusal.reason(), Reason::PageTokenInvalid, "{token}");
            return;
        }
    };
    let Some(cursor) = read else {
        assert!(token.is_empty(), "{token} is the first page");
        return;
    };
    let kept = serde_json::to_value(&cursor).expect("a cursor is JSON");
    is_of_postgres(&kept);
    let again = page::decode::<C>(&page::encode(&cursor, &SCOPE), &SCOPE);
    let again = again
        .ok()
        .flatten()
        .expect("what was read can be sealed and read again");
    assert_eq!(serde_json::to_value(&again).expect("a cursor is JSON"), kept);
}

/// Postgres has no text with a NUL in it, and no time before 4713 BC.
fn is_of_postgres(kept: &Value) {
    match kept {
        Value::String(text) => {
            assert!(!text.contains('\0'), "{text:?}");
            let time = text.parse::<DateTime<Utc>>().ok();
            assert!(time.is_none_or(|time| time.year() > -4713), "{text}");
        }
        Value::Array(parts) => parts.iter().for_each(is_of_postgres),
        Value::Object(parts) => parts.values().for_each(is_of_postgres),
        _ => {}
    }
}

/// As lines of `x-forwarded-for` of a call from `peer`: who is no trusted proxy is taken for himself, and what the last proxy adds counts,
/// whatever stands before it.
pub fn forwarded_for(peer: IpAddr, lines: &[Vec<u8>]) {
    let proxies: Vec<IpNet> = PROXIES.iter().filter_map(|net| net.parse().ok()).collect();
    let mut headers = HeaderMap::new();
    for line in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(FORWARDED, line);
    }
    assert_eq!(address::client(peer, &headers, &[]), peer.to_canonical());
    let trusted = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(&address));
    let found = address::client(peer, &headers, &proxies);
    if !trusted(peer.to_canonical()) {
        assert_eq!(found, peer.to_canonical());
    }
    assert_eq!(found, found.to_canonical());
    assert!(!address::counted(found).is_empty());
    headers.append(FORWARDED, HeaderValue::from_static(CLIENT));
    let proxy = IpAddr::from([10, 0, 0, 1]);
    assert_eq!(address::client(proxy, &headers, &proxies).to_string(), CLIENT);
}
