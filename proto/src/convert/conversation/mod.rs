//! Events of a conversation: what was said, and the replies that are owed. Two flat tables, one a direction: longer
//! than functions should be, and easier to compare field by field than many small ones.

mod from_wire;
mod to_wire;

pub(super) use self::{from_wire::from_wire, to_wire::to_wire};
