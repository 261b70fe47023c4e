//! Whose a ticket was, and when: what a watch of an office shows must not depend on when it is read.

use segnalalo_domain::words::Office;

/// Offices by a small number: a ticket keeps two bytes, not a word. 0 is no office.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names(Vec<Office>);

impl Names {
    pub fn number(&mut self, office: Option<&Office>) -> u16 {
        let Some(office) = office else {
            return 0;
        };
        let found = self.0.iter().position(|known| known == office).unwrap_or_else(|| {
            self.0.push(office.clone());
            self.0.len() - 1
        });
        u16::try_from(found + 1).unwrap_or(0)
    }

    pub fn get(&self, number: u16) -> Option<&Office> {
        self.0.get(usize::from(number.checked_sub(1)?))
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Belonging {
    first: Option<u16>,
    /// Positions at which it changed, in order.
    moves: Vec<(u64, u16)>,
}

impl Belonging {
    pub fn note(&mut self, position: u64, name: u16) {
        let last = self.moves.last().map(|(_, name)| *name).or(self.first);
        match last {
            None => self.first = Some(name),
            Some(last) if last == name => {}
            Some(_) => self.moves.push((position, name)),
        }
    }

    /// Just before the record at this position, and after it. Before its first record a ticket is who opens it's.
    pub fn around(&self, position: u64) -> [Option<u16>; 2] {
        let at = |limit: u64| {
            let moved = self.moves.iter().take_while(|(moved, _)| *moved <= limit).last();
            moved.map(|(_, name)| *name).or(self.first)
        };
        [at(position.saturating_sub(1)), at(position)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_that_moves_a_ticket_is_of_both_offices_and_what_follows_of_one() {
        let mut names = Names::default();
        let (roads, parks) = (Office("STRADE".to_owned()), Office("VERDE".to_owned()));
        let mut belonging = Belonging::default();
        for (position, office) in [(3, &roads), (5, &roads), (9, &parks), (12, &parks)] {
            belonging.note(position, names.number(Some(office)));
        }
        let of = |position: u64| belonging.around(position).map(|name| name.and_then(|name| names.get(name)));
        assert_eq!(of(5), [Some(&roads), Some(&roads)]);
        assert_eq!(of(9), [Some(&roads), Some(&parks)]);
        assert_eq!(of(10), [Some(&parks), Some(&parks)]);
        assert_eq!(names.get(names.0.len() as u16 + 1), None);
    }
}
