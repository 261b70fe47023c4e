//! Who wrote: a phone number, or since 2026 a business-scoped id for people who hide theirs; both when both are told.

use segnalalo_proto::{
    common::v1::{Address, Author, address, author::IdType},
    json::reading::Fields,
};
use serde_json::Value;

/// A person by number, by business-scoped id, or by both. `None` when neither is known.
pub(super) fn person(phone: &str, user_id: &str) -> Option<Author> {
    let digits = digits(phone);
    if !digits.is_empty() {
        return Some(Author {
            id_type: IdType::Phone.into(),
            id: digits,
            business_scoped_id: user_id.to_owned(),
            ..Author::default()
        });
    }
    // Some deliver the business-scoped id in the number's place.
    let id = if user_id.is_empty() { phone } else { user_id };
    (!id.is_empty()).then(|| Author { id_type: IdType::BusinessScoped.into(), id: id.to_owned(), ..Author::default() })
}

/// A message's author, with what the value's `contacts[]` tell about him.
pub(super) fn author(message: &Value, value: &Value) -> Option<Author> {
    let (phone, user_id) = (message.id("from"), message.id("from_user_id"));
    let contact = contact(&phone, &user_id, value);
    let either = |own: String, key: &str| if own.is_empty() { contact.id(key) } else { own };
    let mut author = person(&either(phone, "wa_id"), &either(user_id, "user_id"))?;
    let profile = contact.field("profile").unwrap_or(&Value::Null);
    author.name = profile.text("name");
    author.username = profile.text("username");
    Some(author)
}

/// By either id; the only contact of the only message belongs to it whatever its number says, for in some countries
/// `wa_id` and `from` differ by a digit.
fn contact<'a>(phone: &str, user_id: &str, value: &'a Value) -> &'a Value {
    let contacts = value.items("contacts");
    let named = contacts.iter().find(|contact| {
        let same = |id: &str, key: &str| !id.is_empty() && contact.id(key) == id;
        same(user_id, "user_id") || same(&digits(phone), "wa_id") || same(phone, "wa_id")
    });
    match (named, contacts, value.items("messages")) {
        (Some(contact), ..) | (None, [contact], [_]) => contact,
        _ => &Value::Null,
    }
}

/// Where to answer a person.
pub(super) fn address(author: &Author) -> Option<Address> {
    let to = match author.id_type() {
        IdType::Phone => address::To::WhatsappPhone(author.id.clone()),
        IdType::BusinessScoped => address::To::WhatsappUserId(author.id.clone()),
        IdType::PageScoped | IdType::Unspecified => return None,
    };
    Some(Address { to: Some(to) })
}

/// A phone number as WhatsApp writes it: digits with the country code. Empty when it is no number.
fn digits(phone: &str) -> String {
    let number = phone.chars().all(|c| c.is_ascii_digit() || "+ -()./".contains(c));
    if number { phone.chars().filter(char::is_ascii_digit).collect() } else { String::new() }
}
