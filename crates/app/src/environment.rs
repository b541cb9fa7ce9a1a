//! Settings that come from the environment.

/// A variable; `None` where it is empty or not set.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
