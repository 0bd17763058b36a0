//! Lists of names in texts for people.

use std::fmt::Display;

/// The first `most` of the names and how many more there are: `a, b and 3 more`.
pub fn first_of<T: Display>(names: &[T], most: usize) -> String {
    let first: Vec<String> = names.iter().take(most).map(T::to_string).collect();
    let first = first.join(", ");
    match names.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::first_of;

    #[test]
    fn the_rest_of_a_long_list_is_counted() {
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
        assert_eq!(first_of(&["a", "b", "c", "d", "e"], 2), "a, b and 3 more");
        assert_eq!(first_of::<i32>(&[], 2), "");
    }
}
