//! Values that are seldom meant.

use prost_reflect::{EnumDescriptor, Kind, MapKey, Value};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

const TEXTS: [&str; 34] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\n\r\t\u{1b}[31m",
    "Größe 尺寸 🦀",
    "\u{202e}txet desrever\u{202c}",
    "\u{feff}projects/default",
    "e\u{301}\u{301}\u{301}\u{301}",
    "../../../../etc/passwd",
    "..",
    "/",
    "//",
    "projects/",
    "projects//jobs/",
    "projects/default/jobs/../models/rise",
    "projects/default/models/nowhere",
    "projects/default/models/rise@",
    "projects/default/models/rise/versions/0",
    "projects/default/models/rise/versions/-1",
    "projects/default/models/rise/versions/99999999999999999999",
    "projects/nobody/jobs/00000000-0000-0000-0000-000000000000",
    "queues/nowhere",
    "'; drop table job; --",
    "x\" or 1=1; select pg_sleep(9); --",
    "%s%n%x{}${x}{{x}}",
    "-1",
    "NaN",
    "1e309",
    "9223372036854775808",
    "labels. = ",
    "state = RUNNING AND create_time < 9999999-01-01T00:00:00Z",
    "rolling_mean(close, 99999999999999999999)",
    "lag(rolling_mean(close, -1), 0)",
];
const PIECES: [&str; 9] = [
    "(",
    "rolling_mean(",
    "-",
    "[",
    "a",
    "é",
    "\"",
    "a AND ",
    "projects/",
];
/// Characters of the longest texts.
const LONG: usize = 10_000;

/// A text that is seldom meant.
pub fn text(random: &mut StdRng) -> String {
    if random.random_ratio(3, 4) {
        return (*TEXTS.choose(random).unwrap()).to_owned();
    }
    let piece = *PIECES.choose(random).unwrap();
    piece.repeat(LONG / piece.chars().count())
}

/// A text that is seldom meant, and not long.
pub fn short_text(random: &mut StdRng) -> String {
    (*TEXTS.choose(random).unwrap()).to_owned()
}

/// A value of this kind that is seldom meant. Messages have none: they are made of others.
pub fn value(kind: &Kind, random: &mut StdRng) -> Value {
    let int32 = |random: &mut StdRng| *[0, 1, -1, 2, 1000, i32::MIN, i32::MAX].choose(random).unwrap();
    let int64 = |random: &mut StdRng| {
        // The last ones: seconds at the ends of the time that a Timestamp and chrono can say.
        let ends = [
            0,
            1,
            -1,
            60,
            i64::MIN,
            i64::MAX,
            i64::from(i32::MAX) + 1,
            -62_135_596_800,
            253_402_300_800,
        ];
        *ends.choose(random).unwrap()
    };
    match kind {
        Kind::Bool => Value::Bool(random.random()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(int32(random)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(int64(random)),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(*[0, 1, 1 << 31, u32::MAX].choose(random).unwrap()),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(*[0, 1, 1 << 63, u64::MAX].choose(random).unwrap()),
        Kind::Float => Value::F32(number(random) as f32),
        Kind::Double => Value::F64(number(random)),
        Kind::String => Value::String(text(random)),
        Kind::Bytes => Value::Bytes(noise(random, 64).into()),
        Kind::Enum(known) => Value::EnumNumber(member(known, random)),
        Kind::Message(_) => unreachable!("a message is made of its fields"),
    }
}

fn number(random: &mut StdRng) -> f64 {
    let odd = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        5e-324,
    ];
    *odd.choose(random).unwrap()
}

/// A number that the enum has, or one that it has not.
fn member(known: &EnumDescriptor, random: &mut StdRng) -> i32 {
    let mut numbers: Vec<i32> = known.values().map(|value| value.number()).collect();
    if random.random_ratio(1, 2) {
        numbers = vec![-1, i32::MIN, i32::MAX, 1000];
    }
    *numbers.choose(random).unwrap()
}

/// A key of a map.
pub fn key(kind: &Kind, random: &mut StdRng) -> MapKey {
    match value(kind, random) {
        Value::Bool(key) => MapKey::Bool(key),
        Value::I32(key) => MapKey::I32(key),
        Value::I64(key) => MapKey::I64(key),
        Value::U32(key) => MapKey::U32(key),
        Value::U64(key) => MapKey::U64(key),
        Value::String(key) => MapKey::String(key),
        other => unreachable!("{other:?} is no key"),
    }
}

/// Random bytes, at most so many.
pub fn noise(random: &mut StdRng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.random_range(0..=most)];
    random.fill_bytes(&mut bytes);
    bytes
}
