//! What good requests are made of: names of things that are there, and whole messages that are hard to guess.

use prost::Message;
use prost_reflect::FieldDescriptor;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use std::collections::HashMap;
use uuid::Uuid;

/// Parts of names and messages that a server takes.
#[derive(Default)]
pub struct Samples {
    parts: HashMap<&'static str, Vec<String>>,
    fields: HashMap<&'static str, Vec<String>>,
    messages: HashMap<&'static str, Vec<Vec<u8>>>,
}

impl Samples {
    /// `{job}` in the pattern of a name may be any of these.
    pub fn part(&mut self, pattern: &'static str, values: Vec<String>) {
        assert!(!values.is_empty(), "nothing stands for {pattern}");
        self.parts.insert(pattern, values);
    }

    /// A field of this name, of whatever message, may have this value.
    pub fn field(&mut self, name: &'static str, values: &[&str]) {
        let values = values.iter().map(ToString::to_string).collect();
        self.fields.insert(name, values);
    }

    /// A message of this full name may be this one.
    pub fn add(&mut self, name: &'static str, message: &impl Message) {
        self.messages
            .entry(name)
            .or_default()
            .push(message.encode_to_vec());
    }

    /// One of the messages of this full name; `None` when it is made of its fields.
    pub fn message(&self, name: &str, random: &mut StdRng) -> Option<Vec<u8>> {
        self.messages.get(name)?.choose(random).cloned()
    }

    /// A good text for a field; `None` when it may stay empty.
    pub fn text(&self, field: &FieldDescriptor, comment: &str, random: &mut StdRng) -> Option<String> {
        if field.name() == "request_id" {
            return Some(Uuid::new_v4().to_string());
        }
        if let Some(values) = self.fields.get(field.name()) {
            return values.choose(random).cloned();
        }
        let starts = ["`projects/{", "`queues/{", "`workers/{"];
        let start = starts.iter().filter_map(|start| comment.find(start)).min()? + 1;
        let pattern = &comment[start..][..comment[start..].find('`')?];
        let parts = pattern.split('/').map(|part| match self.parts.get(part) {
            Some(values) => values.choose(random).cloned().unwrap_or_default(),
            None if part.starts_with('{') => "nowhere".to_owned(),
            None => part.to_owned(),
        });
        Some(parts.collect::<Vec<_>>().join("/"))
    }
}
