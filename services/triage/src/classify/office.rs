//! Which office: the sum of what the cues say for each, and how sure that is. The first problem of a message weighs
//! more than what comes after it. Below the city's limit the URP decides, with the best guess beside it.

use super::{
    lexicon::{Hit, Lexicon, OfficeIndex, Topic},
    text::Text,
};

/// Every further phrase of one cue adds this much of its weight, twice at most.
const AGAIN: f32 = 0.2;
/// What stands far behind counts this much less.
const LATE: f32 = 0.25;
/// "Bottiglie intorno alla fontana" are no matter of fountains: what says where counts this much.
const WHERE: f32 = 0.55;
/// What a cue counts that something in the message speaks against.
const DOUBTED: f32 = 0.2;
/// Score at which words alone are fairly sure.
const SURE: f32 = 2.2;

#[derive(Debug, Clone)]
pub struct Ranking {
    /// Best first; only offices that something speaks for.
    pub ranked: Vec<(OfficeIndex, f32)>,
    /// From 0 to 1.
    pub confidence: f64,
}

impl Ranking {
    pub fn of(lexicon: &Lexicon, hits: &[Hit], text: &Text<'_>) -> Self {
        let mut scores = vec![0.0f32; lexicon.offices.len()];
        for hit in hits {
            let cue = &lexicon.cues[hit.cue];
            if let Topic::Office(office) = cue.topic {
                let place = !cue.facility && hit.first > 0 && lexicon.locatives.contains(text.norm(hit.first - 1));
                let place = if place { WHERE } else { 1.0 };
                let doubt = if hit.doubted { DOUBTED } else { 1.0 };
                let strength = strength(cue.weight, hit, text.len()) * place * doubt;
                scores[office] += strength;
                if let Some(second) = cue.office {
                    scores[second] += strength * 0.3;
                }
            }
        }
        let mut ranked: Vec<(OfficeIndex, f32)> =
            (scores.into_iter().enumerate()).filter(|(_, score)| *score > 0.0).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let confidence = confidence(&ranked);
        Self { ranked, confidence }
    }

    pub fn top(&self) -> f32 {
        self.ranked.first().map_or(0.0, |(_, score)| *score)
    }

    pub fn first(&self) -> Option<OfficeIndex> {
        self.ranked.first().map(|(office, _)| *office)
    }

    /// The runner-up; without one the office's neighbour, or the URP.
    pub fn second(&self, lexicon: &Lexicon) -> Option<OfficeIndex> {
        let first = self.first()?;
        if let Some((office, _)) = self.ranked.get(1) {
            return Some(*office);
        }
        let urp = (first != lexicon.urp).then_some(lexicon.urp);
        lexicon.neighbours[first].or(urp)
    }
}

fn strength(weight: f32, hit: &Hit, words: usize) -> f32 {
    let again = 1.0 + AGAIN * (hit.phrases.saturating_sub(1).min(2)) as f32;
    let late = if words > 8 { LATE * (hit.first as f32 / words as f32) } else { 0.0 };
    weight * again * (1.0 - late)
}

/// Much evidence and a clear lead make sure; a negative cue makes less of both.
fn confidence(ranked: &[(OfficeIndex, f32)]) -> f64 {
    let first = ranked.first().map_or(0.0, |(_, score)| *score);
    if first <= 0.0 {
        return 0.0;
    }
    let second = ranked.get(1).map_or(0.0, |(_, score)| *score);
    let enough = 1.0 - (-first / SURE).exp();
    let lead = (first - second) / (first + 0.5);
    f64::from(enough * (0.25 + 0.75 * lead.sqrt()))
}
