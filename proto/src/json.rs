//! JSON at the edges: `reading` takes what platforms send, `view` shows an observation to a person. Nothing between
//! our own processes is JSON.

pub mod reading;
pub mod view;
