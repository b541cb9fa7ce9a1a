//! Groups of consumers: who has which partition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::state::{CursorId, Shared, State};
use super::wait;
use crate::{BusError, Happening, Lag, Subscription, Topic};

/// Consumers, by the order in which they came, and what they have committed.
#[derive(Debug, Default)]
pub(super) struct Group {
    topics: Vec<Topic>,
    members: BTreeSet<u64>,
    /// Who has each partition.
    owners: BTreeMap<u32, u64>,
    pub(super) committed: BTreeMap<(Topic, u32), u64>,
}

impl Group {
    /// The partitions that a member should have: those who came first have the first ones, and all have as many, give or
    /// take one.
    fn share(&self, member: u64, n_partitions: u32) -> BTreeSet<u32> {
        let n_members = self.members.len() as u32;
        let Some(place) = self.members.iter().position(|other| *other == member) else { return BTreeSet::new() };
        let begin = |place: u32| n_partitions * place / n_members;
        (begin(place as u32)..begin(place as u32 + 1)).collect()
    }
}

/// A consumer in process.
#[derive(Debug)]
pub(super) struct Consumer {
    shared: Arc<Shared>,
    group: String,
    topics: Vec<Topic>,
    member: u64,
    /// Where it reads.
    cursors: BTreeMap<(Topic, u32), CursorId>,
    /// Told to be revoked: given up when it polls next.
    going: Vec<u32>,
    /// Whose turn it is.
    turn: usize,
}

impl Consumer {
    pub(super) fn join(shared: Arc<Shared>, group: &str, topics: &[Topic]) -> Result<Consumer, BusError> {
        let mut topics = topics.to_vec();
        topics.sort_unstable();
        topics.dedup();
        let mut state = shared.lock();
        let member = state.new_id();
        let group_state = state.groups.entry(group.to_owned()).or_default();
        if !group_state.members.is_empty() && group_state.topics != topics {
            return Err(BusError::Settings(format!("consumers of group {group:?} do not consume the same topics")));
        }
        group_state.topics.clone_from(&topics);
        group_state.members.insert(member);
        drop(state);
        shared.changed.notify_all();
        let (cursors, going) = (BTreeMap::new(), Vec::new());
        Ok(Consumer { shared, group: group.to_owned(), topics, member, cursors, going, turn: 0 })
    }

    fn owns(&self, partition: u32) -> bool {
        self.cursors.keys().any(|(_, other)| *other == partition)
    }

    /// Partitions that came or go.
    fn rebalance(&mut self, state: &mut State) -> Option<Happening> {
        for partition in std::mem::take(&mut self.going) {
            self.give_up(state, partition);
        }
        let n_partitions = state.n_partitions(*self.topics.first()?);
        let group = state.groups.get_mut(&self.group)?;
        let share = group.share(self.member, n_partitions);
        let owned: BTreeSet<u32> = self.cursors.keys().map(|(_, partition)| *partition).collect();
        self.going = owned.difference(&share).copied().collect();
        if !self.going.is_empty() {
            return Some(Happening::Revoked(self.going.clone()));
        }
        let free = |partition: &u32| !group.owners.contains_key(partition);
        let new: Vec<u32> = share.difference(&owned).copied().filter(free).collect();
        if new.is_empty() {
            return None;
        }
        group.owners.extend(new.iter().map(|partition| (*partition, self.member)));
        let committed = group.committed.clone();
        for partition in &new {
            for topic in &self.topics {
                let begin = committed.get(&(*topic, *partition)).copied().unwrap_or(0);
                let id = state.add_cursor(*topic, *partition, begin);
                self.cursors.insert((*topic, *partition), id);
            }
        }
        Some(Happening::Assigned(new))
    }

    fn give_up(&mut self, state: &mut State, partition: u32) {
        for topic in &self.topics {
            if let Some(id) = self.cursors.remove(&(*topic, partition)) {
                state.remove_cursor(id);
            }
        }
        if let Some(group) = state.groups.get_mut(&self.group) {
            group.owners.remove(&partition);
        }
        self.shared.changed.notify_all();
    }

    /// The next message of the partition whose turn it is.
    fn next(&mut self, state: &mut State) -> Option<Happening> {
        let n = self.cursors.len();
        let ids = self.cursors.values().cycle().skip(self.turn % n.max(1)).take(n);
        let (past, delivery) = ids.enumerate().find_map(|(past, id)| Some((past, state.next(*id)?)))?;
        self.turn = (self.turn + past + 1) % n;
        self.shared.has_read(state);
        Some(Happening::Delivered(delivery))
    }
}

impl Subscription for Consumer {
    fn poll(&mut self, timeout: Duration) -> Result<Option<Happening>, BusError> {
        let deadline = Instant::now() + timeout;
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        loop {
            if let Some(happening) = self.rebalance(&mut state).or_else(|| self.next(&mut state)) {
                return Ok(Some(happening));
            }
            match wait(&shared, state, deadline) {
                Some(again) => state = again,
                None => return Ok(None),
            }
        }
    }

    fn committed(&mut self, topic: Topic, partition: u32) -> Result<Option<u64>, BusError> {
        let state = self.shared.lock();
        state.log(topic, partition)?;
        Ok(state.groups.get(&self.group).and_then(|group| group.committed.get(&(topic, partition)).copied()))
    }

    fn commit(&mut self, topic: Topic, partition: u32, offset: u64) -> Result<(), BusError> {
        let is_alike = self.topics.iter().all(|own| own.is_partitioned() == topic.is_partitioned());
        if !is_alike || !self.owns(partition) {
            return Err(BusError::NotOwned { topic, partition });
        }
        let mut state = self.shared.lock();
        if let Some(group) = state.groups.get_mut(&self.group) {
            group.committed.insert((topic, partition), offset);
        }
        Ok(())
    }

    fn lag(&mut self) -> Result<Vec<Lag>, BusError> {
        let state = self.shared.lock();
        let lag = |(&(topic, partition), id): (&(Topic, u32), &CursorId)| {
            let end = state.log(topic, partition)?.next();
            let offset = state.cursor(*id).map_or(end, |cursor| cursor.position);
            Ok(Lag { topic, partition, offset, end })
        };
        self.cursors.iter().map(lag).collect()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        let owned: BTreeSet<u32> = self.cursors.keys().map(|(_, partition)| *partition).collect();
        for partition in owned {
            self.give_up(&mut state, partition);
        }
        if let Some(group) = state.groups.get_mut(&self.group) {
            group.members.remove(&self.member);
        }
        shared.changed.notify_all();
    }
}
