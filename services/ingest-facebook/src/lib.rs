//! Takes the webhooks of the city's Facebook page, posts and comments as well as Messenger, and publishes what they tell
//! on INBOUND. It decides nothing, knows no ticket, answers nobody and never calls Meta.
//!
//! | module | holds |
//! |---|---|
//! | `normalize` | from a body to observations: a pure function |
//! | `handler` | the normaliser as the webhook's receiver |
//! | `config`, `channels` | the environment; the city's hashtag |
//! | `app` | the process |

pub mod app;
pub mod channels;
pub mod config;
pub mod handler;
pub mod normalize;
