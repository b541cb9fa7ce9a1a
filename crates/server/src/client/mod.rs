//! A WebSocket client: what it is sent ([`viewer`], pure) and how it gets there ([`connection`]).

pub(crate) mod connection;
pub(crate) mod feed;
pub(crate) mod routes;
pub(crate) mod viewer;
