//! Pages of lists: what a request asks for, and the token of the next page.

use crate::error::ApiError;
use mltraining_domain::{Reason, Violations, page};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The page that a request asks for. `C` names the last row of the page before.
#[derive(Debug)]
pub(crate) struct Page<C> {
    size: usize,
    /// The last row of the page before; `None` for the first page.
    pub(crate) after: Option<C>,
    scope: Vec<String>,
}

impl<C: Serialize + DeserializeOwned> Page<C> {
    /// Reads size and token. `scope` is what must stay the same from page to page: method, parent, filter.
    ///
    /// # Errors
    /// INVALID_FIELD for a negative size, PAGE_TOKEN_INVALID for a token of another list.
    pub(crate) fn read(size: i32, token: &str, scope: &[&str]) -> Result<Self, ApiError> {
        let size = page::page_size(size)
            .ok_or_else(|| ApiError::invalid("page_size", format!("{size} is negative; give 0 or more")))?;
        let after = page::decode(token, scope)
            .map_err(|error| Violations::one("page_token", Reason::PageTokenInvalid, error.to_string()))?;
        Ok(Self {
            size: usize::try_from(size).expect("a page holds 1 to 1000 rows"),
            after,
            scope: scope.iter().map(ToString::to_string).collect(),
        })
    }

    /// How many rows to ask for: one more than the page holds shows whether another page follows.
    pub(crate) fn limit(&self) -> i64 {
        i64::try_from(self.size).expect("a page holds 1 to 1000 rows") + 1
    }

    /// Cuts the rows to the page and makes the token of the next one, empty when there is none.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, cursor: impl Fn(&T) -> C) -> String {
        if rows.len() <= self.size {
            return String::new();
        }
        rows.truncate(self.size);
        rows.last()
            .map_or_else(String::new, |row| self.token(&cursor(row)))
    }

    /// As [`cut`](Self::cut), of a search that may have ended early: then the list goes on where it ended, however few rows
    /// it found (AIP-158).
    pub(crate) fn cut_searched<T>(
        &self,
        rows: &mut Vec<T>,
        cursor: impl Fn(&T) -> C,
        searched_to: Option<C>,
    ) -> String {
        let is_full = rows.len() > self.size;
        match searched_to {
            Some(end) if !is_full => self.token(&end),
            _ => self.cut(rows, cursor),
        }
    }

    fn token(&self, after: &C) -> String {
        let scope: Vec<&str> = self.scope.iter().map(String::as_str).collect();
        page::encode(after, &scope)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_is_followed_by_a_token_only_when_rows_are_left() {
        let first = Page::<i32>::read(2, "", &["List", "p"]).unwrap();
        let mut rows = vec![1, 2, 3];
        let token = first.cut(&mut rows, |row| *row);
        assert_eq!((rows, first.limit()), (vec![1, 2], 3));
        let second = Page::<i32>::read(2, &token, &["List", "p"]).unwrap();
        assert_eq!(second.after, Some(2));
        assert_eq!(second.cut(&mut vec![3], |row| *row), "");
    }

    #[test]
    fn a_search_that_ended_early_goes_on_where_it_ended_unless_the_page_is_full() {
        let page = Page::<i32>::read(2, "", &["List", "p"]).unwrap();
        let after = |token: &str| Page::<i32>::read(2, token, &["List", "p"]).unwrap().after;
        let token = page.cut_searched(&mut Vec::new(), |row: &i32| *row, Some(9));
        assert_eq!(after(&token), Some(9));
        let mut rows = vec![1, 2, 3];
        let token = page.cut_searched(&mut rows, |row| *row, Some(9));
        assert_eq!((after(&token), rows), (Some(2), vec![1, 2]));
        assert_eq!(page.cut_searched(&mut vec![1], |row| *row, None), "");
    }

    #[test]
    fn a_foreign_token_and_a_negative_size_are_refused() {
        let token = Page::<i32>::read(1, "", &["List", "p"])
            .unwrap()
            .cut(&mut vec![1, 2], |row| *row);
        let refused = Page::<i32>::read(1, &token, &["List", "q"]).unwrap_err();
        assert_eq!(refused.reason(), Reason::PageTokenInvalid);
        let refused = Page::<i32>::read(-1, "", &[]).unwrap_err();
        assert_eq!(refused.reason(), Reason::InvalidField);
    }
}
