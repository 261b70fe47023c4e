//! The rehearsal as a newcomer sees it: the page in a real browser, the operator's program beside it. Nothing is
//! reloaded: what the city answers must arrive by itself. With `UPDATE_SCREENSHOTS=1` the pictures in `docs/` are made.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there, and its folder is kept")]

mod newcomer;

mod once_around;
