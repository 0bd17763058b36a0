//! Entities that no training part sees, chosen by a hash of their names.

use sha2::{Digest, Sha256};

/// Whether an entity falls into the bucket of this share of all names. The first 8 bytes of the SHA-256 of its name, as a
/// share of 2^64, lie below `share`: the same entities for every model, source and seed, and a larger share holds out all
/// that a smaller one does.
pub fn is_held_out(entity: &str, share: f64) -> bool {
    let hash = Sha256::digest(entity.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    // 2^64; the rounding of the 64 bits to a double does not matter.
    (u64::from_be_bytes(first) as f64) < share * 18_446_744_073_709_551_616.0
}

#[cfg(test)]
mod tests {
    use super::is_held_out;

    #[test]
    fn about_the_share_of_the_names_is_held_out_and_always_the_same() {
        let names: Vec<String> = (0..10_000).map(|i| format!("coin-{i}")).collect();
        let held =
            |share: f64| -> Vec<&String> { names.iter().filter(|name| is_held_out(name, share)).collect() };
        let (tenth, half) = (held(0.1), held(0.5));
        assert!((900..1100).contains(&tenth.len()), "{}", tenth.len());
        assert!((4800..5200).contains(&half.len()), "{}", half.len());
        assert!(
            tenth.iter().all(|name| half.contains(name)),
            "a larger bucket holds the smaller one"
        );
        assert!(held(0.0).is_empty());
        // sha256("abc") begins with ba7816bf 8f01cfea, 0.728395 of 2^64.
        assert!(is_held_out("abc", 0.7284) && !is_held_out("abc", 0.7283));
    }
}
