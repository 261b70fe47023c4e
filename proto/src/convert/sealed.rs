//! The sealed box on the wire. It is carried, never opened: see `crate::sealed`.

use super::{
    Malformed,
    field::{Checked, optional_id, or_empty},
};
use crate::common::v1 as wire;
use segnalalo_domain::{
    event::{Event, Stream},
    id::{KeyId, PersonId},
    sealed::{Place, Scheme, Sealed},
};

fn sealed_to_wire(sealed: &Sealed) -> wire::Sealed {
    let scheme = match sealed.scheme {
        Scheme::Plain => wire::sealed::Scheme::Plain,
        Scheme::Erased => wire::sealed::Scheme::Erased,
        Scheme::Locked { .. } => wire::sealed::Scheme::Xchacha20Poly1305,
    };
    wire::Sealed {
        scheme: scheme.into(),
        person: or_empty(sealed.person, PersonId::to_vec),
        payload: sealed.payload.clone(),
        key: or_empty(sealed.key(), KeyId::to_vec),
    }
}

/// Refuses a scheme that we don't know: what it holds couldn't be opened.
/// Where a locked box stands is known to the envelope alone: `put_in_place` says it.
fn sealed_from_wire(sealed: &wire::Sealed) -> Result<Sealed, Malformed> {
    let scheme = match wire::sealed::Scheme::try_from(sealed.scheme) {
        Ok(wire::sealed::Scheme::Plain) => Scheme::Plain,
        Ok(wire::sealed::Scheme::Erased) => Scheme::Erased,
        Ok(wire::sealed::Scheme::Xchacha20Poly1305) => {
            let place = Place { stream: Stream::Log, version: 0 };
            Scheme::Locked { key: KeyId::from_slice(&sealed.key).ok_or(Malformed("sealed.key"))?, place }
        }
        Ok(wire::sealed::Scheme::Unspecified) | Err(_) => {
            return Err(Malformed("sealed.scheme"));
        }
    };
    Ok(Sealed {
        scheme,
        person: optional_id(&sealed.person, PersonId::from_slice, "sealed.person")?,
        payload: sealed.payload.clone(),
    })
}

pub(super) fn put_in_place(event: &mut Event, stream: Stream, version: u64) {
    if let Some(Sealed { scheme: Scheme::Locked { place, .. }, .. }) = event.sealed_mut() {
        *place = Place { stream, version };
    }
}

pub(super) fn some(sealed: &Sealed) -> Option<wire::Sealed> {
    Some(sealed_to_wire(sealed))
}

pub(super) fn maybe(sealed: &Option<Sealed>) -> Option<wire::Sealed> {
    sealed.as_ref().map(sealed_to_wire)
}

pub(super) fn required(sealed: &Option<wire::Sealed>, field: &'static str) -> Checked<Sealed> {
    sealed_from_wire(sealed.as_ref().ok_or(Malformed(field))?)
}

pub(super) fn optional(sealed: &Option<wire::Sealed>) -> Checked<Option<Sealed>> {
    sealed.as_ref().map(sealed_from_wire).transpose()
}
