//! The ordered log of all that a client may see, and the cursors that read it.
