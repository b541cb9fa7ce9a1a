//! What a tape's messages come to, taken together.

use std::collections::BTreeMap;
use std::sync::Arc;

use overcut_sources::merge;
use serde_json::Value;

use super::{Tape, TapeMessage};

/// The state of every topic after some number of messages; it goes forward at no more cost than the messages between.
#[derive(Debug, Clone, Default)]
pub struct TapeState {
    n_messages: usize,
    session_idx: usize,
    topics: BTreeMap<Arc<str>, Value>,
}

impl TapeState {
    /// Takes in the messages up to the `n_messages`-th. Going back starts afresh.
    pub fn advance(&mut self, tape: &Tape, n_messages: usize) {
        if n_messages < self.n_messages {
            *self = TapeState::default();
        }
        for message in tape.messages().get(self.n_messages..n_messages).unwrap_or_default() {
            self.take(message);
        }
        self.n_messages = n_messages;
    }

    fn take(&mut self, message: &TapeMessage) {
        if message.session_idx != self.session_idx {
            self.session_idx = message.session_idx;
            self.topics.clear();
        }
        // Damaged lines are part of real recordings; a server never had them in its state.
        let Ok(delta) = serde_json::from_str::<Value>(message.json()) else { return };
        merge(self.topics.entry(message.topic.clone()).or_default(), delta);
    }

    /// How many messages are in it.
    pub fn n_messages(&self) -> usize {
        self.n_messages
    }

    /// The state of each topic that has one, by name.
    pub fn topics(&self) -> &BTreeMap<Arc<str>, Value> {
        &self.topics
    }
}
