use crate::labels::first_reach::FirstReach;
use proptest::prelude::*;

fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![1 => Just(f64::NAN), 5 => (0..12_i32).prop_map(f64::from)];
    prop::collection::vec(value, 0..70)
}

proptest! {
    #[test]
    fn the_first_bar_is_the_one_that_a_walk_finds(values in values(), from in 0..70_usize, length in 0..70_usize, bound in 0..12_i32) {
        let to = (from + length).min(values.len());
        let range = from.min(to)..to;
        let bound = f64::from(bound);
        let walk = |reaches: &dyn Fn(f64) -> bool| range.clone().find(|bar| reaches(values[*bar]));
        let (up, down) = (|value: f64| value >= bound, |value: f64| value <= bound);
        prop_assert_eq!(FirstReach::high(&values).first(range.clone(), &up), walk(&up));
        prop_assert_eq!(FirstReach::low(&values).first(range.clone(), &down), walk(&down));
    }
}
