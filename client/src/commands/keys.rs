//! `mlts keys`: who may call.

use super::pages::{self, PageArgs};
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, UNKNOWN, Wire};
use crate::when;
use chrono::{TimeDelta, Utc};
use clap::{Args, Subcommand, ValueEnum};
use mltraining_domain::Span;
use mltraining_proto::v1;

/// The API keys of the project. Needs a key of an admin.
#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Makes a key and prints it, alone on standard output; it is never shown again
    Create {
        /// A name for people
        name: String,
        /// What its bearer may do
        #[arg(long, value_enum)]
        role: RoleArg,
        /// How long it is good for, such as 12h or 90d; without it until it is revoked
        #[arg(long, value_name = "TIME")]
        expires: Option<Span>,
    },
    /// Lists the keys of the project, newest first, without their secrets
    List(PageArgs),
    /// Gives a key a new secret and prints it, alone on standard output; it is never shown again
    Rotate {
        /// The key: the part between mlts_ and the second _
        key: String,
        /// How long the secret up to now stays good, up to 30d; 0s ends it at once
        #[arg(long, value_name = "TIME", default_value = "1d")]
        overlap: Span,
    },
    /// Ends a key; servers that have just used it may take it for 2 s more
    Revoke {
        /// The key: the part between mlts_ and the second _
        key: String,
    },
}

/// What the bearer of a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    /// Reads
    Viewer,
    /// And starts and cancels jobs, and changes models
    Trainer,
    /// And everything else
    Admin,
}

pub(crate) async fn run(args: KeysArgs, context: &Context<'_>) -> Result<(), CliError> {
    match args.command {
        KeysCommand::Create { name, role, expires } => create(name, role, expires, context).await,
        KeysCommand::List(args) => list(&args, &context.connect().await?, context).await,
        KeysCommand::Rotate { key, overlap } => {
            let request = v1::RotateApiKeyRequest {
                name: names::below(&context.parent(), "apiKeys", &key),
                overlap: Some(when::duration(overlap)),
            };
            let rotated = context.connect().await?.keys().rotate_api_key(request).await?;
            let rotated = rotated.into_inner();
            let end = rotated
                .api_key
                .as_ref()
                .and_then(|key| key.previous_expire_time.as_ref());
            let note = format!("the secret up to now is good until {}", when::show(end));
            secret(&rotated, &rotated.secret, &note, context)
        }
        KeysCommand::Revoke { key } => {
            let name = names::below(&context.parent(), "apiKeys", &key);
            let request = v1::RevokeApiKeyRequest { name };
            let revoked = context.connect().await?.keys().revoke_api_key(request).await?;
            let revoked = revoked.into_inner();
            match context.output.format() {
                Format::Json => context.output.json(&revoked),
                Format::Human => context
                    .output
                    .line(format!("key {} is revoked", names::last(&revoked.name))),
            }
        }
    }
}

async fn create(
    display_name: String,
    role: RoleArg,
    expires: Option<Span>,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let key = v1::ApiKey {
        display_name,
        role: wire_role(role).into(),
        expire_time: expires.map(from_now).transpose()?,
        ..v1::ApiKey::default()
    };
    let request = v1::CreateApiKeyRequest {
        parent: context.parent(),
        api_key: Some(key),
    };
    let made = context.connect().await?.keys().create_api_key(request).await?;
    let made = made.into_inner();
    let note = "this key is never shown again";
    secret(&made, &made.secret, note, context)
}

fn from_now(span: Span) -> Result<prost_types::Timestamp, CliError> {
    let end = Utc::now().checked_add_signed(TimeDelta::microseconds(span.micros()));
    when::instant(end).ok_or_else(|| {
        let text = format!("--expires: {span} from now is no time at which a key can end");
        CliError::Usage(text)
    })
}

fn wire_role(role: RoleArg) -> v1::Role {
    match role {
        RoleArg::Viewer => v1::Role::Viewer,
        RoleArg::Trainer => v1::Role::Trainer,
        RoleArg::Admin => v1::Role::Admin,
    }
}

fn secret<M: Wire>(answer: &M, secret: &str, note: &str, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(answer),
        Format::Human => {
            context.output.note(note);
            context.output.line(secret)
        }
    }
}

async fn list(args: &PageArgs, connection: &Connection, context: &Context<'_>) -> Result<(), CliError> {
    let mut keys = connection.keys();
    let listed = pages::collect(args.limit(), async |page_size, page_token| {
        let request = v1::ListApiKeysRequest {
            parent: context.parent(),
            page_size,
            page_token,
        };
        let answer = keys.list_api_keys(request).await?.into_inner();
        Ok((answer.api_keys, answer.next_page_token))
    });
    listed
        .await?
        .show(&context.output, "the project has no keys", table)
}

fn table(keys: &[v1::ApiKey], paint: Paint) -> String {
    let headings = ["key", "state", "role", "name", "created", "by", "used", "expires"];
    let mut table = Table::new(&headings, paint);
    for key in keys {
        let tone = match key.state() {
            v1::ApiKeyState::Active => Tone::Good,
            _ => Tone::Warn,
        };
        let expires = key.expire_time.as_ref();
        table.toned([
            (names::last(&key.name).to_owned(), None),
            (word(key.state().as_str_name(), "API_KEY_STATE_"), Some(tone)),
            (word(key.role().as_str_name(), "ROLE_"), None),
            (key.display_name.clone(), None),
            (when::show(key.create_time.as_ref()), None),
            (key.created_by.clone(), None),
            (
                key.last_use_time
                    .as_ref()
                    .map_or_else(|| UNKNOWN.to_owned(), |at| when::show(Some(at))),
                None,
            ),
            (
                expires.map_or_else(|| "never".to_owned(), |at| when::show(Some(at))),
                None,
            ),
        ]);
    }
    table.render()
}

fn word(value: &str, prefix: &str) -> String {
    value.trim_start_matches(prefix).to_lowercase()
}
