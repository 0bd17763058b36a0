//! Exit codes of `mlts`: what scripts may rely on.

/// Done.
pub(crate) const OK: u8 = 0;
/// The job failed, was cancelled or was given up; or what was made again differs.
pub(crate) const JOB_FAILED: u8 = 1;
/// The command line cannot be understood.
pub(crate) const USAGE: u8 = 2;
/// The thing does not exist, or the key may not see it.
pub(crate) const NOT_FOUND: u8 = 3;
/// The request, the file or the spec is wrong.
pub(crate) const INVALID: u8 = 4;
/// No key, a wrong key, or one with too small a role.
pub(crate) const DENIED: u8 = 5;
/// The service or the database cannot be reached, is not ready, or took too long.
pub(crate) const UNAVAILABLE: u8 = 6;
/// What is there already does not allow it.
pub(crate) const CONFLICT: u8 = 7;
/// Anything else.
pub(crate) const OTHER: u8 = 70;
/// Ctrl-C while watching; the job goes on.
pub(crate) const DETACHED: u8 = 130;

/// The codes as text, for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
    0  done
    1  the job failed, was cancelled or was given up; or what was made again differs
    2  the command line cannot be understood
    3  not found
    4  the request, the file or the spec is wrong
    5  no key, a wrong key, or one with too small a role
    6  unreachable, not ready, or too late; another try may succeed
    7  what is there already does not allow it
   70  anything else
  130  Ctrl-C while watching; the job goes on

Results go to stdout, progress and messages to stderr. Times are UTC.";
