//! `api-server keys`: API keys without a server, for the first one and for operators.

use super::coded;
use crate::context;
use crate::keys::ApiKeySecret;
use anyhow::anyhow;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Subcommand;
use mltraining_domain::{ProjectId, Role, Span};
use mltraining_runtime::config::ApiConfig;
use mltraining_runtime::exit::{Code, Coded};
use mltraining_store::Store;
use mltraining_store::api_keys::{ApiKey, NewApiKey};
use mltraining_store::audit::Actor;
use std::io::Write;
use uuid::Uuid;

/// Most keys that are listed.
const LISTED: i64 = 1000;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, alone on standard output. It is never shown again.
    Create(NewKey),
    /// End a key. Servers that used it within the last seconds take it for as long as those.
    Revoke(OldKey),
    /// List the keys of a project, newest first, at most 1000, without their secrets.
    List(Project),
}

/// A key to make.
#[derive(Debug, clap::Args)]
pub struct NewKey {
    #[command(flatten)]
    project: Project,
    /// viewer (reads), trainer (and starts and cancels jobs) or admin (and everything else).
    #[arg(long)]
    role: Role,
    /// A name for people, up to 100 characters, none of them a control character.
    #[arg(long)]
    name: String,
    /// How long it is good for, such as 12h or 90d. Default: until it is revoked.
    #[arg(long, value_name = "SPAN")]
    expires: Option<Span>,
}

/// A key that is there.
#[derive(Debug, clap::Args)]
pub struct OldKey {
    #[command(flatten)]
    project: Project,
    /// The part between `mlts_` and the second `_`.
    short_id: String,
}

/// The project of a key.
#[derive(Debug, clap::Args)]
pub struct Project {
    /// The project that the key opens; `create` makes it when it does not exist.
    #[arg(long, value_name = "PROJECT")]
    project: ProjectId,
}

/// Makes, ends or lists keys.
///
/// # Errors
/// Exit code 69 when Postgres is away; 64 when the key does not exist or a value is out of range.
pub async fn keys(config: ApiConfig, command: KeysCommand) -> anyhow::Result<()> {
    let store = context::open_store(&config)?;
    match command {
        KeysCommand::Create(new) => {
            let store = store.acting_for(Actor::cli("api-server keys create"));
            create(&store, new).await
        }
        KeysCommand::Revoke(old) => {
            let store = store.acting_for(Actor::cli("api-server keys revoke"));
            let revoked = store.revoke_api_key(&old.project.project, &old.short_id).await;
            revoked.map_err(coded)?;
            Ok(())
        }
        KeysCommand::List(of) => {
            let listed = store.list_api_keys(&of.project, None, LISTED).await;
            list(&listed.map_err(coded)?)
        }
    }
}

async fn create(store: &Store, new: NewKey) -> anyhow::Result<()> {
    check_name(&new.name)?;
    let expires_at = new.expires.map(from_now).transpose()?;
    let (key, text) = ApiKeySecret::make();
    store.ensure_project(&new.project.project).await.map_err(coded)?;
    let entry = NewApiKey {
        id: Uuid::now_v7(),
        short_id: key.short_id().to_owned(),
        secret_hash: key.hash(),
        display_name: new.name,
        project: new.project.project,
        role: new.role,
        created_by: "cli".to_owned(),
        expires_at,
    };
    store.create_api_key(&entry).await.map_err(coded)?;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// A name is shown on terminals, which take control characters for orders.
fn check_name(name: &str) -> Result<(), Coded> {
    match name.chars().any(char::is_control) {
        false => Ok(()),
        true => Err(wrong(
            "--name: must not hold control characters such as line breaks or escapes".to_owned(),
        )),
    }
}

fn wrong(text: String) -> Coded {
    Coded::new(Code::Config, anyhow!(text))
}

fn from_now(span: Span) -> Result<DateTime<Utc>, Coded> {
    let later = Utc::now().checked_add_signed(TimeDelta::microseconds(span.micros()));
    later.filter(|_| !span.is_zero()).ok_or_else(|| {
        wrong(format!(
            "--expires: {span} from now is no time at which a key can end"
        ))
    })
}

fn list(keys: &[ApiKey]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<14} {:<8} {:<8} {:<20} {:<20} NAME",
        "KEY", "ROLE", "STATE", "CREATED", "EXPIRES"
    )?;
    for key in keys {
        let state = match (key.is_live, key.revoked_at) {
            (true, _) => "live",
            (false, Some(_)) => "revoked",
            (false, None) => "expired",
        };
        let expires = key.expires_at.map_or_else(|| "never".to_owned(), shown);
        let (id, role, name) = (&key.short_id, key.role.as_str(), escaped(&key.display_name));
        writeln!(
            out,
            "{id:<14} {role:<8} {state:<8} {:<20} {expires:<20} {name}",
            shown(key.created_at)
        )?;
    }
    Ok(())
}

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A stored text as a terminal may get it: control characters are written out, ESC as `\u{1b}`.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_an_escape_cannot_be_given_and_is_shown_written_out() {
        assert!(check_name("ci of Zoë").is_ok());
        for name in ["\u{1b}[31mred", "two\nlines", "\u{9b}2J"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert_eq!(escaped("a\u{1b}[2Jé\n"), "a\\u{1b}[2Jé\\u{a}");
    }
}
