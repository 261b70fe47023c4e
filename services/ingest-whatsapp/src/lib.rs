//! Takes the webhooks of the URP's WhatsApp number and publishes what they tell on INBOUND. It decides nothing, knows no
//! ticket, answers nobody and never calls Meta.
//!
//! | module | holds |
//! |---|---|
//! | `normalize` | from a body to observations: a pure function |
//! | `handler` | the normaliser as the webhook's receiver |
//! | `config` | the environment |
//! | `app` | the process |

pub mod app;
pub mod config;
pub mod handler;
pub mod normalize;
