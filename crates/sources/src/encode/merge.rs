//! What a topic's messages come to, taken together.

use serde_json::{Map, Value};

/// Takes a delta into a state: objects member by member, lists by index where the delta is keyed so; whatever else
/// replaces what was there. A key frame replaces everything.
///
/// A state begins as [`Value::Null`].
pub fn merge(state: &mut Value, delta: Value) {
    match (state, delta) {
        (state, Value::Object(mut members)) if members.get("_kf") == Some(&Value::Bool(true)) => {
            members.remove("_kf");
            *state = Value::Object(members);
        }
        (Value::Object(state), Value::Object(members)) => merge_members(state, members),
        (Value::Array(list), Value::Object(entries)) => {
            for (key, entry) in entries {
                merge_entry(list, &key, entry);
            }
        }
        (state, delta) => *state = delta,
    }
}

fn merge_members(state: &mut Map<String, Value>, delta: Map<String, Value>) {
    for (name, value) in delta {
        match (name.as_str(), &value) {
            ("_deleted", Value::Array(gone)) => {
                for name in gone.iter().filter_map(Value::as_str) {
                    state.remove(name);
                }
            }
            _ => match state.get_mut(&name) {
                Some(known) => merge(known, value),
                None => drop(state.insert(name, value)),
            },
        }
    }
}

/// Longest list: no real one has a thousand entries.
const MAX_LEN: usize = 10_000;

/// Changes an entry; one beyond the end is made there, never appended at the wrong place.
fn merge_entry(list: &mut Vec<Value>, key: &str, entry: Value) {
    let Some(idx) = key.parse::<usize>().ok().filter(|idx| *idx < MAX_LEN) else { return };
    if list.len() <= idx {
        list.resize_with(idx + 1, || Value::Object(Map::new()));
    }
    if let Some(known) = list.get_mut(idx) {
        merge(known, entry);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn deltas_change_what_they_name() {
        let mut state = Value::Null;
        for delta in [
            json!({"Lines": {"1": {"Sectors": [{"Value": "27.9"}, {"Value": ""}], "InPit": true}}}),
            json!({"Lines": {"1": {"Sectors": {"1": {"Value": "30.1"}, "3": {"Value": "x"}}}, "2": {}}}),
            json!({"Lines": {"_deleted": ["2"], "1": {"InPit": false}}}),
        ] {
            merge(&mut state, delta);
        }
        let sectors = json!([{"Value": "27.9"}, {"Value": "30.1"}, {}, {"Value": "x"}]);
        assert_eq!(state, json!({"Lines": {"1": {"Sectors": sectors, "InPit": false}}}));
        merge(&mut state, json!({"Lines": {}, "_kf": true}));
        assert_eq!(state, json!({"Lines": {}}));
    }
}
