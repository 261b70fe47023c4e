//! The only place that puts personal data into its box and takes it out again. So far the box is closed but not
//! locked (`Scheme::Plain`): the payload is the serialised `PersonalContent`. Errors and `Debug` never show content.

use crate::common::v1::PersonalContent;
use prost::Message as _;
use segnalalo_domain::{
    id::PersonId,
    sealed::{Scheme, Sealed},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the personal data was erased")]
    Erased,
    #[error("the sealed payload isn't what its scheme says")]
    Malformed(#[source] prost::DecodeError),
}

/// Closes the box. `person` is whose data it is; `None` when nobody knows who wrote.
pub fn seal(person: Option<PersonId>, content: &PersonalContent) -> Sealed {
    Sealed { scheme: Scheme::Plain, person, payload: content.encode_to_vec() }
}

/// Opens the box. Erased data stays erased: show that it was, and go on.
pub fn open(sealed: &Sealed) -> Result<PersonalContent, Error> {
    match sealed.scheme {
        Scheme::Plain => PersonalContent::decode(sealed.payload.as_slice()).map_err(Error::Malformed),
        Scheme::Erased => Err(Error::Erased),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_comes_out_again() {
        let content =
            PersonalContent { text: "Buca in via Italia".into(), place: "via Italia".into(), ..Default::default() };
        let sealed = seal(Some(PersonId([7; 16])), &content);
        assert_eq!(sealed.person, Some(PersonId([7; 16])));
        assert_eq!(open(&sealed).unwrap(), content);
    }

    #[test]
    fn what_was_erased_stays_erased() {
        let sealed = Sealed { scheme: Scheme::Erased, person: None, payload: Vec::new() };
        assert!(matches!(open(&sealed), Err(Error::Erased)));
    }
}
