//! What the commands show: tables and stories for people, JSON for machines. Everything here is a function of what the
//! registry answered.

pub mod facts;
pub mod json;
pub mod steps;
pub mod story;
pub mod table;
pub mod ticket;
pub mod wrap;
