//! What a message is. Each kind collects what speaks for it: the lexicon's cues, and what its form tells (a question, a
//! protocol number, a place, how long it is). A fault makes a report of what looks like a question or a thank-you; what
//! endangers people wins over all else.

use super::{
    lexicon::{Hit, Lexicon, OfficeIndex, Signal, Topic},
    office::Ranking,
};
use segnalalo_domain::words::{Kind, Stance};

/// Evidence that it takes to call a message somebody else's matter.
const ELSEWHERE: f32 = 3.4;

/// What the kinds are weighed by.
pub struct Evidence<'a> {
    pub lexicon: &'a Lexicon,
    pub hits: &'a [Hit],
    pub ranking: &'a Ranking,
    pub words: usize,
    pub questions: usize,
    pub has_protocol: bool,
    pub has_place: bool,
}

#[derive(Debug, Clone)]
pub struct Judgement {
    pub kind: Kind,
    pub stance: Stance,
    /// From 0 to 1.
    pub confidence: f64,
    /// The office that the winning cue brings along.
    pub office: Option<OfficeIndex>,
}

impl Evidence<'_> {
    fn kind(&self, kind: Kind) -> f32 {
        self.sum(Topic::Kind(kind))
    }

    pub fn signal(&self, signal: Signal) -> f32 {
        self.sum(Topic::Signal(signal))
    }

    fn sum(&self, topic: Topic) -> f32 {
        let of_topic = self.hits.iter().filter(|hit| self.lexicon.cues[hit.cue].topic == topic);
        of_topic.map(|hit| self.lexicon.cues[hit.cue].weight).sum()
    }

    /// The office of the strongest cue of a kind.
    fn office(&self, kind: Kind) -> Option<OfficeIndex> {
        let cues = self.hits.iter().map(|hit| &self.lexicon.cues[hit.cue]);
        let strongest = cues
            .filter(|cue| cue.topic == Topic::Kind(kind) && cue.office.is_some())
            .max_by(|a, b| a.weight.total_cmp(&b.weight));
        strongest.and_then(|cue| cue.office)
    }

    pub fn judge(&self) -> Judgement {
        let stance = self.stance();
        let emergency = self.kind(Kind::Emergency) - self.signal(Signal::Past);
        if emergency >= self.lexicon.limits.emergency_score {
            return Judgement {
                kind: Kind::Emergency,
                stance,
                confidence: f64::from((emergency / 6.0).min(1.0)),
                office: self.office(Kind::Emergency),
            };
        }
        let scores = self.scores(stance);
        let (kind, best) = best_of(&scores, None);
        let (_, next) = best_of(&scores, Some(kind));
        Judgement {
            kind,
            stance,
            confidence: f64::from(((best - next) / best.max(1.0)).clamp(0.0, 1.0)),
            office: self.office(kind),
        }
    }

    fn stance(&self) -> Stance {
        let (objects, satisfied) = (self.signal(Signal::Objects), self.signal(Signal::Satisfied));
        if objects > 0.0 && objects >= satisfied {
            Stance::Objects
        } else if satisfied > 0.0 && self.kind(Kind::Thanks) > 0.0 {
            Stance::Satisfied
        } else {
            Stance::Neutral
        }
    }

    fn scores(&self, stance: Stance) -> Vec<(Kind, f32)> {
        let mut scores = vec![
            (Kind::Report, self.report()),
            (Kind::InformationRequest, self.information()),
            (Kind::StatusQuery, self.status()),
            (Kind::FollowUp, self.follow_up(stance)),
            (Kind::Thanks, self.thanks(stance)),
        ];
        // What is broken elsewhere, or asked about somebody else's office, is told in the same words as ours.
        let (_, best) = best_of(&scores, None);
        scores.push((Kind::NotPertinent, best + self.elsewhere()));
        scores.push((Kind::AbusiveOrSpam, self.abusive()));
        scores
    }

    fn faults(&self) -> f32 {
        self.signal(Signal::Fault).min(4.0)
    }

    fn topic(&self) -> f32 {
        self.ranking.top().min(3.0)
    }

    fn report(&self) -> f32 {
        let place = if self.has_place { 0.6 } else { 0.0 };
        1.6 + self.kind(Kind::Report)
            + self.faults()
            + self.signal(Signal::Demand).min(4.0)
            + 0.3 * self.topic()
            + place
    }

    fn information(&self) -> f32 {
        let asking = self.kind(Kind::InformationRequest);
        if asking <= 0.0 && self.questions == 0 {
            return 0.0;
        }
        let plain = self.faults() + self.signal(Signal::Demand) <= 0.0;
        let mark = match (self.questions > 0, plain) {
            (true, true) => 2.2,
            (true, false) => 1.7,
            (false, _) => 0.0,
        };
        1.0 + asking + mark - 0.5 * self.faults() - 0.5 * self.signal(Signal::Demand).min(4.0)
    }

    fn status(&self) -> f32 {
        let asked = self.kind(Kind::StatusQuery);
        let number = if self.has_protocol { 2.0 } else { 0.0 };
        let mark = if self.questions > 0 && asked > 0.0 { 1.5 } else { 0.0 };
        let bare = if self.has_protocol && self.words <= 6 { 2.0 } else { 0.0 };
        asked + number + mark + bare
    }

    fn follow_up(&self, stance: Stance) -> f32 {
        let said = self.kind(Kind::FollowUp);
        let number = if self.has_protocol && said > 0.0 { 1.5 } else { 0.0 };
        let objects = if stance == Stance::Objects {
            // "La buca c'è ancora" answers us; a long message with its place tells something new.
            let short = if self.words <= 12 { 1.5 } else { 0.0 };
            let placed = if self.has_place { 1.5 } else { 0.0 };
            self.signal(Signal::Objects) + short - placed + 0.5 * self.faults()
        } else {
            0.0
        };
        said + number + objects
    }

    fn thanks(&self, stance: Stance) -> f32 {
        let said = self.kind(Kind::Thanks);
        if said <= 0.0 {
            return 0.0;
        }
        let content = self.signal(Signal::Satisfied).min(4.0);
        let short = if self.words <= 5 { 2.0 } else { 0.0 };
        let asks = if self.questions > 0 { 2.0 } else { 0.0 };
        let objects = if stance == Stance::Objects { 4.0 } else { 0.0 };
        said + content + short
            - asks
            - objects
            - 0.8 * self.faults()
            - 0.6 * self.kind(Kind::InformationRequest).min(4.0)
    }

    /// How much more another body is meant than the city: positive when it is.
    fn elsewhere(&self) -> f32 {
        self.kind(Kind::NotPertinent) - ELSEWHERE - 0.8 * self.topic() - self.signal(Signal::Here)
    }

    fn abusive(&self) -> f32 {
        let spam = self.kind(Kind::AbusiveOrSpam);
        let insult = self.signal(Signal::Insult).min(7.0);
        let substance = self.topic() + self.faults() + if self.has_place { 1.5 } else { 0.0 };
        spam + (insult - 0.9 * substance).max(0.0)
    }
}

fn best_of(scores: &[(Kind, f32)], but: Option<Kind>) -> (Kind, f32) {
    let mut best = (Kind::Report, f32::MIN);
    for (kind, score) in scores {
        if Some(*kind) != but && *score > best.1 {
            best = (*kind, *score);
        }
    }
    best
}
