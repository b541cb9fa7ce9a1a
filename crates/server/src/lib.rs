//! REST, WebSocket and the dashboard, over one clock.

pub mod wire;
