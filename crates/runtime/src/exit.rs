//! Exit codes, those of sysexits(3) where one fits.

use crate::config::ConfigError;
use std::io::Write;
use std::process::ExitCode;

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// All done; also after SIGTERM and a drain.
    Ok = 0,
    /// A check found something that does no harm.
    Found = 1,
    /// The configuration or the command line is wrong (EX_USAGE). Starting again without a change is of no use.
    Config = 64,
    /// What is stored is damaged (EX_DATAERR).
    Damaged = 65,
    /// Something the process needs is away (EX_UNAVAILABLE). Starting again may help.
    Unavailable = 69,
    /// Anything else (EX_SOFTWARE).
    Internal = 70,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// An error that says its exit code: `Err(Coded::new(Code::Unavailable, error).into())`.
#[derive(Debug, thiserror::Error)]
#[error("{error:#}")]
pub struct Coded {
    code: Code,
    error: anyhow::Error,
}

impl Coded {
    /// Gives `error` an exit code.
    pub fn new(code: Code, error: impl Into<anyhow::Error>) -> Self {
        Self {
            code,
            error: error.into(),
        }
    }
}

/// The exit code of an error: [`Code::Config`] for a [`ConfigError`] anywhere in its chain, a [`Coded`]'s own, else
/// [`Code::Internal`].
pub fn code_of(error: &anyhow::Error) -> Code {
    error
        .chain()
        .find_map(|cause| {
            let coded = cause.downcast_ref::<Coded>().map(|coded| coded.code);
            coded.or_else(|| cause.is::<ConfigError>().then_some(Code::Config))
        })
        .unwrap_or(Code::Internal)
}

/// The last line of a `main`: tells an error on standard error, in one line for each problem, and gives the exit code.
pub fn report(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return Code::Ok.into();
    };
    let _ = writeln!(std::io::stderr().lock(), "{error:#}");
    code_of(&error).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_wrong_configuration_ends_with_64_whatever_was_said_around_it() {
        let error = anyhow::Error::new(ConfigError { problems: vec![] }).context("cannot start");
        assert_eq!(code_of(&error), Code::Config);
    }

    #[test]
    fn an_error_ends_with_its_own_code_or_with_70() {
        let away = Err::<(), _>(Coded::new(Code::Unavailable, anyhow::anyhow!("refused")));
        assert_eq!(
            code_of(&away.context("connecting").unwrap_err()),
            Code::Unavailable
        );
        assert_eq!(code_of(&anyhow::anyhow!("bug")), Code::Internal);
    }
}
