//! Programs of others that read what the service leaves: where one is not installed, a test says so and passes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How a script says that what it needs is not installed.
const SKIPPED: i32 = 77;

/// Runs a script of `tests/python` on a folder with the Python that `TEST_PYTHON` names, or `python3`. What it printed, or `None`
/// (with the reason printed) when it cannot run here.
///
/// # Panics
/// When the script finds something wrong.
pub fn python(script: &str, folder: &Path) -> Option<String> {
    python_with(script, folder, &[])
}

/// The same with variables of the environment.
///
/// # Panics
/// When the script finds something wrong.
pub fn python_with(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Option<String> {
    let python = env::var_os("TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let Ok(Output {
        status,
        stdout,
        stderr,
    }) = Command::new(&python)
        .arg(&script)
        .arg(folder)
        .envs(variables.iter().copied())
        .output()
    else {
        eprintln!("skipped {}: there is no {}", script.display(), python.display());
        return None;
    };
    let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    if status.code() == Some(SKIPPED) {
        eprintln!("{} (TEST_PYTHON may name a Python that has it)", said.trim());
        return None;
    }
    assert!(status.success(), "{}: {said}", script.display());
    eprintln!("{}", said.trim());
    Some(said)
}

/// A browser that runs without a screen; `None` (with the reason printed) when there is none.
pub fn browser() -> Option<PathBuf> {
    let named = env::var_os("TEST_BROWSER").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let found = || {
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let places = names
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        places.into_iter().find(|place| place.is_file())
    };
    let browser = named.or_else(found);
    if browser.is_none() {
        eprintln!("skipped: there is no Chromium to open the page with (TEST_BROWSER may name one)");
    }
    browser
}

/// The page as a browser without network understands it, and what it complains of.
///
/// # Panics
/// When the browser does not end well.
pub fn opened(browser: &Path, page: &Path, folder: &Path) -> (String, Vec<String>) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
            "--enable-logging=stderr",
        ])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", folder.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser can be started");
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "the browser ended with {status}: {stderr}");
    let complaints = stderr
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .map(str::to_owned);
    (
        String::from_utf8_lossy(&stdout).into_owned(),
        complaints.collect(),
    )
}
