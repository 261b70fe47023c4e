//! Where samples get their values from: always the same full ones for the golden files, or random ones from a seed.

use jiff::{Timestamp, civil::Date};
use segnalalo_domain::{
    event::{Event, Recorded, Stream},
    id::{CauseId, EventId, KeyId, PersonId},
    sealed::{Place, Scheme, Sealed},
    words::{Actor, ActorType, Office},
};

pub struct Source {
    /// `None`: every optional value is there, every word is the first.
    random: Option<u64>,
    drawn: u64,
    /// What only newer writers say is there as well.
    newest: bool,
}

impl Source {
    pub fn full() -> Self {
        Self { random: None, drawn: 0, newest: false }
    }

    /// As `full`, with what later versions of an event added.
    pub fn newest() -> Self {
        Self { newest: true, ..Self::full() }
    }

    pub fn random(seed: u64) -> Self {
        Self { random: Some(seed), drawn: 0, newest: true }
    }

    /// SplitMix64 in random mode, a counter otherwise.
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        let Some(state) = &mut self.random else {
            return self.drawn;
        };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let first = self.draw();
        std::array::from_fn(|at| first.rotate_left(at as u32 * 8) as u8)
    }

    pub fn flag(&mut self) -> bool {
        self.draw() % 2 == 1 || self.random.is_none()
    }

    pub fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| make(self))
    }

    /// What only newer writers say: left out of the golden files of first versions.
    pub fn newer<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.newest.then(|| make(self))
    }

    pub fn pick<T: Copy>(&mut self, words: &[T]) -> T {
        let drawn = self.draw() as usize;
        match self.random {
            Some(_) => words[drawn % words.len()],
            None => words[0],
        }
    }

    /// From 1.
    pub fn number(&mut self) -> u32 {
        (self.draw() % 1_000_000) as u32 + 1
    }

    pub fn share(&mut self) -> f64 {
        match self.random {
            Some(_) => (self.draw() % 1001) as f64 / 1000.0,
            None => 0.875,
        }
    }

    pub fn text(&mut self, full: &str) -> String {
        let drawn = self.draw() as usize;
        match self.random {
            Some(_) => ["", "è così: «sì»", "a\0b\n\u{1F6A7}", full][drawn % 4].to_owned(),
            None => full.to_owned(),
        }
    }

    pub fn office(&mut self) -> Office {
        Office(self.pick(&["STRADE", "URP", "VERDE"]).to_owned())
    }

    /// Also before 1970, and down to the nanosecond.
    pub fn instant(&mut self) -> Timestamp {
        let drawn = self.draw();
        let (seconds, nanos) = match self.random {
            Some(_) => ((drawn % 4_000_000_000) as i64 - 1_000_000_000, (drawn >> 32) as i32 % 1_000_000_000),
            None => (1_790_000_000 + drawn as i64, 123_456_789),
        };
        Timestamp::from_second(seconds).unwrap() + jiff::Span::new().nanoseconds(nanos)
    }

    pub fn date(&mut self) -> Date {
        let drawn = self.draw();
        let day = (drawn % 28) as i8 + 1;
        Date::new(2026, 12, day).unwrap()
    }

    pub fn sealed(&mut self) -> Sealed {
        // Where it stands is said when its event has its place.
        let locked = Scheme::Locked { key: KeyId([9; 16]), place: Place { stream: Stream::Log, version: 0 } };
        Sealed {
            scheme: self.pick(&[Scheme::Plain, Scheme::Erased, locked]),
            person: self.maybe(|source| PersonId(source.bytes())),
            payload: self.bytes::<5>().to_vec(),
        }
    }

    pub fn recorded(&mut self, stream: Stream, mut event: Event) -> Recorded {
        let (position, version) = (self.number().into(), self.number().into());
        if let Some(Sealed { scheme: Scheme::Locked { place, .. }, .. }) = event.sealed_mut() {
            *place = Place { stream, version };
        }
        Recorded {
            position,
            stream,
            version,
            event_id: EventId(self.bytes()),
            cause: CauseId(self.bytes()),
            correlation: self.bytes(),
            actor: Actor { kind: self.pick(ActorType::ALL), name: self.text("m.rossi") },
            occurred_at: self.instant(),
            recorded_at: self.instant(),
            trace_parent: self.text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            event,
        }
    }
}
