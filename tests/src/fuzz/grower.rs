//! Grows requests from their descriptors: from good ones that are spoilt in a place, to bytes that are no message.

use super::contract::Contract;
use super::odd;
use super::sample::Samples;
use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;

/// Messages within messages.
const DEPTH: usize = 6;
/// Entries of a list that is too long.
const CROWD: usize = 3_000;
/// Groups within groups: more than a reader should follow.
const NESTED: usize = 5_000;
/// The largest number that a field can have.
const LAST_FIELD: u32 = (1 << 29) - 1;

/// Makes requests of one method.
pub struct Grower<'a> {
    contract: &'a Contract,
    samples: &'a Samples,
    input: MessageDescriptor,
    random: StdRng,
}

/// The kinds of requests, in turns. Those that reach farthest are there most often.
const KINDS: [fn(&mut Grower<'_>) -> Vec<u8>; 16] = [
    |_| Vec::new(),
    |grower| grower.good().encode_to_vec(),
    |grower| grower.spoilt(),
    |grower| grower.spoilt(),
    |grower| grower.wild(),
    |grower| grower.spoilt(),
    |grower| grower.entwined(),
    |grower| grower.spoilt(),
    |grower| grower.crowded(),
    |grower| grower.spoilt(),
    |grower| grower.strange_fields(),
    |grower| grower.spoilt(),
    |grower| grower.nested(),
    |grower| grower.spoilt(),
    |grower| grower.bent(),
    |grower| odd::noise(&mut grower.random, 300),
];

impl<'a> Grower<'a> {
    /// Requests of the method at `path`. Each method has numbers of its own, so that a new one leaves the others alone.
    pub fn new(
        contract: &'a Contract,
        samples: &'a Samples,
        input: MessageDescriptor,
        path: &str,
        seed: u64,
    ) -> Self {
        let mixed = path.bytes().fold(seed, |mixed, byte| {
            mixed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        let random = StdRng::seed_from_u64(mixed);
        Self {
            contract,
            samples,
            input,
            random,
        }
    }

    /// The request of this turn.
    pub fn request(&mut self, turn: usize) -> Bytes {
        KINDS[turn % KINDS.len()](self).into()
    }

    /// A request as a client would send it.
    fn good(&mut self) -> DynamicMessage {
        let input = self.input.clone();
        self.sound(&input, DEPTH)
    }

    fn sound(&mut self, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
        if let Some(sample) = self.samples.message(of.full_name(), &mut self.random) {
            return DynamicMessage::decode(of.clone(), sample.as_slice()).unwrap();
        }
        let mut message = DynamicMessage::new(of.clone());
        for field in of.fields() {
            let comment = self.contract.comment(&field);
            let value = match field.kind() {
                _ if comment.starts_with("OUTPUT_ONLY") || field.is_map() => None,
                Kind::String => self
                    .samples
                    .text(&field, comment, &mut self.random)
                    .map(Value::String),
                Kind::Message(inner) if depth > 0 => {
                    let below = self.sound(&inner, depth - 1);
                    let is_set = below.fields().next().is_some();
                    is_set.then_some(Value::Message(below))
                }
                _ => None,
            };
            if let Some(value) = value {
                let value = if field.is_list() {
                    Value::List(vec![value])
                } else {
                    value
                };
                message.set_field(&field, value);
            }
        }
        message
    }

    /// A good one with one to three values that are seldom meant.
    fn spoilt(&mut self) -> Vec<u8> {
        let mut message = self.good();
        for _ in 0..self.random.random_range(1..=3) {
            self.spoil(&mut message);
        }
        message.encode_to_vec()
    }

    fn spoil(&mut self, message: &mut DynamicMessage) {
        let fields: Vec<_> = message.descriptor().fields().collect();
        let set: Vec<_> = fields
            .iter()
            .filter(|field| message.has_field(field))
            .cloned()
            .collect();
        let among = if self.random.random_ratio(2, 3) && !set.is_empty() {
            &set
        } else {
            &fields
        };
        let Some(field) = among.choose(&mut self.random).cloned() else {
            return;
        };
        if self.random.random_ratio(5, 6) {
            match message.get_field_mut(&field) {
                Value::Message(below) => return self.spoil(below),
                Value::List(list) => {
                    if let Some(Value::Message(below)) = list.first_mut() {
                        return self.spoil(below);
                    }
                }
                _ => {}
            }
        }
        let value = self.odd(&field, DEPTH);
        message.set_field(&field, value);
    }

    /// A value of the field that is seldom meant.
    fn odd(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else {
                unreachable!("entries of maps are messages")
            };
            let (of_key, of_value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field());
            let count = self.random.random_range(0..4);
            let mut entries = HashMap::new();
            for _ in 0..count {
                let key = odd::key(&of_key, &mut self.random);
                entries.insert(key, self.odd_one(&of_value.kind(), depth));
            }
            return Value::Map(entries);
        }
        if !field.is_list() {
            return self.odd_one(&field.kind(), depth);
        }
        let count = self.random.random_range(0..4);
        Value::List((0..count).map(|_| self.odd_one(&field.kind(), depth)).collect())
    }

    fn odd_one(&mut self, kind: &Kind, depth: usize) -> Value {
        match kind {
            Kind::Message(inner) => Value::Message(self.odd_message(inner, depth)),
            kind => odd::value(kind, &mut self.random),
        }
    }

    fn odd_message(&mut self, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        for field in of.fields() {
            if depth > 0 && self.random.random_ratio(1, 2) {
                let value = self.odd(&field, depth - 1);
                message.set_field(&field, value);
            }
        }
        message
    }

    /// Every value seldom meant.
    fn wild(&mut self) -> Vec<u8> {
        let input = self.input.clone();
        self.odd_message(&input, DEPTH).encode_to_vec()
    }

    /// Several in one, as the wire allows: the last branch of a oneof counts, and lists go on.
    fn entwined(&mut self) -> Vec<u8> {
        [self.wild(), self.good().encode_to_vec(), self.spoilt()].concat()
    }

    /// A good one with lists and maps that are far too long.
    fn crowded(&mut self) -> Vec<u8> {
        let mut message = self.good();
        self.crowd(&mut message, DEPTH);
        message.encode_to_vec()
    }

    fn crowd(&mut self, message: &mut DynamicMessage, depth: usize) {
        for field in message.descriptor().fields().collect::<Vec<_>>() {
            if field.is_list() && !matches!(field.kind(), Kind::Bytes) {
                let entry = match (field.kind(), message.get_field(&field).as_list()) {
                    (_, Some([first, ..])) => first.clone(),
                    (Kind::String, _) => Value::String(odd::short_text(&mut self.random)),
                    (Kind::Message(inner), _) => Value::Message(self.sound(&inner, 1)),
                    (kind, _) => odd::value(&kind, &mut self.random),
                };
                message.set_field(&field, Value::List(vec![entry; CROWD]));
            } else if depth > 0
                && message.has_field(&field)
                && let Value::Message(below) = message.get_field_mut(&field)
            {
                self.crowd(below, depth - 1);
            }
        }
    }

    /// A good one with fields that nobody knows.
    fn strange_fields(&mut self) -> Vec<u8> {
        let mut bytes = self.good().encode_to_vec();
        for number in [1_000, 19_000, LAST_FIELD] {
            encode_key(number, WireType::Varint, &mut bytes);
            encode_varint(u64::MAX, &mut bytes);
            encode_key(number, WireType::SixtyFourBit, &mut bytes);
            bytes.extend([0xff; 8]);
            let content = odd::noise(&mut self.random, 40);
            encode_key(number, WireType::LengthDelimited, &mut bytes);
            encode_varint(content.len() as u64, &mut bytes);
            bytes.extend(content);
        }
        bytes
    }

    /// Messages within messages, or groups within groups, deeper than anybody means it.
    fn nested(&mut self) -> Vec<u8> {
        if self.random.random_ratio(1, 2) {
            let mut bytes = Vec::new();
            (0..NESTED).for_each(|_| encode_key(1_000, WireType::StartGroup, &mut bytes));
            (0..NESTED).for_each(|_| encode_key(1_000, WireType::EndGroup, &mut bytes));
            return bytes;
        }
        let numbers: Vec<u32> = self.input.fields().map(|field| field.number()).collect();
        let number = numbers.choose(&mut self.random).copied().unwrap_or(1);
        let mut bytes = odd::noise(&mut self.random, 20);
        for _ in 0..200 {
            let mut around = Vec::new();
            encode_key(number, WireType::LengthDelimited, &mut around);
            encode_varint(bytes.len() as u64, &mut around);
            around.extend(bytes);
            bytes = around;
        }
        bytes
    }

    /// A good one of which some bytes are others, or are missing.
    fn bent(&mut self) -> Vec<u8> {
        let mut bytes = self.good().encode_to_vec();
        for _ in 0..self.random.random_range(1..=4) {
            if bytes.is_empty() {
                break;
            }
            let at = self.random.random_range(0..bytes.len());
            match self.random.random_range(0..3) {
                0 => bytes[at] = self.random.random(),
                1 => bytes[at] ^= 1 << self.random.random_range(0..8),
                _ => bytes.truncate(at),
            }
        }
        bytes
    }
}
