//! Phrases with variables: `{name}` is a value, and what stands in `[square brackets]` is left out when a value in it
//! is empty. Brackets may stand in brackets.

/// The phrase with its values. A variable without a value is empty.
pub fn render<'v>(pattern: &str, value: &dyn Fn(&str) -> Option<&'v str>) -> String {
    let mut rest = pattern.chars().peekable();
    part(&mut rest, value, false).0
}

type Rest<'p> = std::iter::Peekable<std::str::Chars<'p>>;

/// Text up to the end of the part, and whether every value in it was there.
fn part<'v>(rest: &mut Rest<'_>, value: &dyn Fn(&str) -> Option<&'v str>, inner: bool) -> (String, bool) {
    let mut text = String::new();
    let mut whole = true;
    while let Some(letter) = rest.next() {
        match letter {
            '{' => {
                let name: String = rest.by_ref().take_while(|letter| *letter != '}').collect();
                let found = value(&name).unwrap_or_default();
                whole &= !found.is_empty();
                text.push_str(found);
            }
            '[' => {
                let (optional, there) = part(rest, value, true);
                if there {
                    text.push_str(&optional);
                }
            }
            ']' if inner => return (text, whole),
            letter => text.push(letter),
        }
    }
    (text, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(pattern: &str) -> String {
        render(pattern, &|name| match name {
            "who" => Some("Anna"),
            "empty" => Some(""),
            _ => None,
        })
    }

    #[test]
    fn values_stand_where_their_names_are() {
        assert_eq!(rendered("{who} scrive"), "Anna scrive");
        assert_eq!(rendered("{nobody} scrive"), " scrive");
    }

    #[test]
    fn a_part_without_its_value_is_left_out() {
        assert_eq!(rendered("ecco[ {who}][ e {empty}]"), "ecco Anna");
        assert_eq!(rendered("[{who}[ ({empty})]]."), "Anna.");
        assert_eq!(rendered("[{empty}[ ({who})]]."), ".");
    }
}
