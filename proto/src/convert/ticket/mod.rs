//! Events of a ticket. Two flat tables, one a direction, as for conversations.

mod deadline;
mod from_wire;
mod to_wire;

pub(super) use self::{from_wire::from_wire, to_wire::to_wire};
