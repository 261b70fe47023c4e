//! Why triage proposes what it proposes, in plain Italian for the operator: which words were decisive and what they
//! speak for. It tells what was decided elsewhere and decides nothing.

use super::{
    kind::Judgement,
    lexicon::{Hit, Lexicon, OfficeIndex, Signal, Topic},
    text::Text,
};
use segnalalo_domain::words::{Kind, Urgency};

/// Cues that are named for one decision.
const NAMED: usize = 3;

pub struct Story<'a, 'b> {
    pub lexicon: &'a Lexicon,
    pub text: &'a Text<'b>,
    pub hits: &'a [Hit],
    pub judgement: &'a Judgement,
    pub office: Option<OfficeIndex>,
    pub second: Option<OfficeIndex>,
    pub abstained: bool,
    pub urgency: Urgency,
}

pub fn tell(story: &Story<'_, '_>) -> Vec<String> {
    let mut lines = vec![format!("{}{}.", kind_words(story.judgement.kind), story.reasons(story.kind_topics()))];
    lines.extend(story.office_line());
    if story.urgency == Urgency::High {
        lines.push(format!("Da trattare in giornata{}.", story.reasons(&[Topic::Signal(Signal::High)])));
    }
    lines
}

impl Story<'_, '_> {
    fn office_line(&self) -> Option<String> {
        let office = self.office?;
        let name = &self.lexicon.office_names[office];
        match self.second {
            Some(second) if self.abstained => Some(format!(
                "Ufficio incerto: decide l'URP. Forse {}{}.",
                self.lexicon.office_names[second],
                self.reasons(&[Topic::Office(second)])
            )),
            _ => {
                let reasons = self.reasons(&[Topic::Office(office)]);
                let reasons =
                    if reasons.is_empty() { ": il tema non si capisce dal testo".to_owned() } else { reasons };
                Some(format!("{name}{reasons}."))
            }
        }
    }

    fn kind_topics(&self) -> &'static [Topic] {
        match self.judgement.kind {
            Kind::Report => &[Topic::Kind(Kind::Report), Topic::Signal(Signal::Fault), Topic::Signal(Signal::Demand)],
            Kind::InformationRequest => &[Topic::Kind(Kind::InformationRequest)],
            Kind::StatusQuery => &[Topic::Kind(Kind::StatusQuery)],
            Kind::FollowUp => &[Topic::Kind(Kind::FollowUp), Topic::Signal(Signal::Objects)],
            Kind::Thanks => &[Topic::Kind(Kind::Thanks), Topic::Signal(Signal::Satisfied)],
            Kind::NotPertinent => &[Topic::Kind(Kind::NotPertinent)],
            Kind::Emergency => &[Topic::Kind(Kind::Emergency)],
            Kind::AbusiveOrSpam => &[Topic::Kind(Kind::AbusiveOrSpam), Topic::Signal(Signal::Insult)],
        }
    }

    /// ": buche e fondo stradale («buca»)", the strongest cues first; empty without any.
    fn reasons(&self, topics: &[Topic]) -> String {
        let mut hits: Vec<&Hit> =
            self.hits.iter().filter(|hit| topics.contains(&self.lexicon.cues[hit.cue].topic)).collect();
        hits.retain(|hit| !hit.doubted && self.lexicon.cues[hit.cue].weight > 0.0);
        hits.sort_by(|a, b| self.lexicon.cues[b.cue].weight.total_cmp(&self.lexicon.cues[a.cue].weight));
        let named: Vec<String> = hits.into_iter().take(NAMED).map(|hit| self.reason(hit)).collect();
        if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) }
    }

    fn reason(&self, hit: &Hit) -> String {
        format!("{} («{}»)", self.lexicon.cues[hit.cue].about, self.text.span(hit.first, hit.last))
    }
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Report => "È una segnalazione",
        Kind::InformationRequest => "Chiede un'informazione",
        Kind::StatusQuery => "Chiede a che punto è una segnalazione o una pratica",
        Kind::FollowUp => "Aggiunge qualcosa a una segnalazione già fatta",
        Kind::Thanks => "Ringrazia",
        Kind::NotPertinent => "Non riguarda il Comune di Biella",
        Kind::Emergency => "Può essere un'emergenza: il cittadino chiami il 112",
        Kind::AbusiveOrSpam => "Offese o pubblicità senza una segnalazione",
    }
}
