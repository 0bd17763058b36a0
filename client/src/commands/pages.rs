//! Lists that come in pages.

use crate::errors::CliError;
use crate::output::{Format, Output, Paint, Wire};
use clap::Args;

/// Things asked for at once.
const PAGE: usize = 500;

/// How much of a list is shown.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Which of them, e.g. 'state = RUNNING AND labels.team = "alpha beta"'
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub(crate) filter: String,
    #[command(flatten)]
    page: PageArgs,
}

/// How much is shown of a list that has no filter.
#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    /// Most to show
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Show all of them
    #[arg(long)]
    all: bool,
}

impl ListArgs {
    /// The most things to show.
    pub(crate) fn limit(&self) -> usize {
        self.page.limit()
    }
}

impl PageArgs {
    /// The most things to show.
    pub(crate) fn limit(&self) -> usize {
        if self.all { usize::MAX } else { self.limit as usize }
    }
}

/// The first things of a list.
pub(crate) struct Listed<T> {
    /// At most as many as were asked for.
    pub(crate) items: Vec<T>,
    /// Whether the service has more.
    pub(crate) rest: Rest,
}

impl<T: Wire> Listed<T> {
    /// Shows it, each thing as JSON or all in a table; `empty` is said where there is nothing to show.
    pub(crate) fn show(
        &self,
        output: &Output,
        empty: &str,
        table: impl FnOnce(&[T], Paint) -> String,
    ) -> Result<(), CliError> {
        match output.format() {
            Format::Json => self.items.iter().try_for_each(|item| output.json(item))?,
            Format::Human if self.items.is_empty() => output.note(empty),
            Format::Human => output.line(table(&self.items, output.paint))?,
        }
        if self.rest == Rest::Some {
            output.note("there are more: --all shows them, --limit N more of them");
        }
        Ok(())
    }
}

/// What follows after the things that were listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing.
    None,
    /// At least one more.
    Some,
}

/// Asks for page after page, until `limit` things are there. `page` gets a size and a token and gives things and the
/// next token.
pub(crate) async fn collect<T>(
    limit: usize,
    mut page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), CliError>,
) -> Result<Listed<T>, CliError> {
    let mut items = Vec::new();
    let mut token = String::new();
    loop {
        let size = (limit - items.len()).min(PAGE);
        let (mut more, next) = page(size as i32, token).await?;
        items.append(&mut more);
        let rest = if next.is_empty() { Rest::None } else { Rest::Some };
        if rest == Rest::None || items.len() >= limit {
            return Ok(Listed { items, rest });
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn numbers(limit: usize, total: usize) -> (usize, Rest, usize) {
        let mut calls = 0;
        let listed = collect(limit, async |size, token: String| {
            calls += 1;
            let from: usize = token.parse().unwrap_or(0);
            let to = (from + size as usize).min(total);
            let next = if to < total { to.to_string() } else { String::new() };
            Ok(((from..to).collect::<Vec<_>>(), next))
        });
        let listed = listed.await.unwrap();
        assert!(listed.items.iter().copied().eq(0..listed.items.len()));
        (listed.items.len(), listed.rest, calls)
    }

    #[tokio::test]
    async fn a_list_is_read_until_the_limit_or_its_end() {
        assert_eq!(numbers(50, 7).await, (7, Rest::None, 1));
        assert_eq!(numbers(50, 51).await, (50, Rest::Some, 1));
        assert_eq!(numbers(usize::MAX, 1201).await, (1201, Rest::None, 3));
        assert_eq!(numbers(700, 1201).await, (700, Rest::Some, 2));
    }
}
