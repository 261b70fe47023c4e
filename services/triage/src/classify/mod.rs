//! The classifier: a pure function from a message to a proposal, by the city's lexicon. It proposes kind, office,
//! urgency and stance, and finds place, protocol number, language and personal data. It decides nothing, keeps
//! nothing, and never fails on a text.

mod because;
mod kind;
mod language;
mod lexicon;
mod office;
mod pattern;
mod pii;
mod place;
mod protocol;
mod text;
mod urgency;

pub use lexicon::LexiconError;

use kind::{Evidence, Judgement};
use lexicon::{Hit, Lexicon, OfficeIndex};
use office::Ranking;
use protocol::Protocol;
use segnalalo_domain::words::{Channel, Kind, Stance, Urgency};
use std::path::Path;
use text::Text;

/// What a citizen sent, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub channel: Channel,
    pub text: &'a str,
    pub has_attachments: bool,
    /// It is a position on a map.
    pub is_location: bool,
}

/// The proposal. Texts are as the citizen wrote them.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub kind: Kind,
    /// A code of offices.toml; the URP when triage abstains, `None` when no office is competent or nothing was said.
    pub office: Option<String>,
    /// From 0 to 1.
    pub confidence: f64,
    pub second_office: Option<String>,
    pub urgency: Urgency,
    pub stance: Stance,
    pub place: Option<String>,
    pub protocol: Option<String>,
    /// `NNNNNNN/YYYY` or `NNNNNNN`.
    pub protocol_norm: Option<String>,
    pub lang: String,
    /// Type and value.
    pub pii: Vec<(String, String)>,
    /// Why, in Italian, for the operator.
    pub because: Vec<String>,
    pub rules_version: String,
}

#[derive(Debug)]
pub struct Classifier {
    lexicon: Lexicon,
}

/// Offices, and how sure they are.
struct Choice {
    office: Option<OfficeIndex>,
    second: Option<OfficeIndex>,
    confidence: f64,
    abstained: bool,
}

impl Classifier {
    /// Reads the lexicon in the city's folder.
    pub fn load(city: &Path) -> Result<Self, LexiconError> {
        Ok(Self { lexicon: Lexicon::load(city)? })
    }

    pub fn rules_version(&self) -> &str {
        &self.lexicon.version
    }

    pub fn classify(&self, message: &Message<'_>) -> Verdict {
        let text = Text::new(message.text, &self.lexicon.spellings);
        if text.len() == 0 {
            return self.wordless(message);
        }
        let lang = language::detect(&text, &self.lexicon.languages);
        let hits = self.lexicon.hits(&text, lang != self.lexicon.languages.codes[0]);
        let place = place::find(&text, &self.lexicon.places);
        let protocol = protocol::find(&text);
        let ranking = Ranking::of(&self.lexicon, &hits, &text);
        let evidence = Evidence {
            lexicon: &self.lexicon,
            hits: &hits,
            ranking: &ranking,
            words: text.len(),
            questions: text.questions,
            has_protocol: protocol.is_some(),
            has_place: place.is_some(),
        };
        let judgement = evidence.judge();
        let choice = self.choose(&judgement, &ranking);
        let urgency = urgency::of(judgement.kind, &evidence);
        let pii = self.personal(&text, &hits, protocol.as_ref());
        Verdict {
            kind: judgement.kind,
            office: self.code(choice.office),
            confidence: choice.confidence,
            second_office: self.code(choice.second),
            urgency,
            stance: judgement.stance,
            because: self.because(&text, &hits, &judgement, &choice, urgency),
            place: place.map(|place| place.written.to_owned()),
            protocol_norm: protocol.as_ref().map(|protocol| protocol.norm.clone()),
            protocol: protocol.map(|protocol| protocol.written.to_owned()),
            lang,
            pii,
            rules_version: self.lexicon.version.clone(),
        }
    }

    fn personal(&self, text: &Text<'_>, hits: &[Hit], protocol: Option<&Protocol<'_>>) -> Vec<(String, String)> {
        let found = pii::find(&pii::Context { text, lexicon: &self.lexicon, hits, protocol });
        found.into_iter().map(|(kind, value)| (kind.to_owned(), value)).collect()
    }

    fn because(
        &self,
        text: &Text<'_>,
        hits: &[Hit],
        judgement: &Judgement,
        choice: &Choice,
        urgency: Urgency,
    ) -> Vec<String> {
        because::tell(&because::Story {
            lexicon: &self.lexicon,
            text,
            hits,
            judgement,
            office: choice.office,
            second: choice.second,
            abstained: choice.abstained,
            urgency,
        })
    }

    fn code(&self, office: Option<OfficeIndex>) -> Option<String> {
        office.map(|office| self.lexicon.offices[office].clone())
    }

    fn choose(&self, judgement: &Judgement, ranking: &Ranking) -> Choice {
        let urp = self.lexicon.urp;
        let sure = |office, second, confidence| Choice { office, second, confidence, abstained: false };
        match judgement.kind {
            Kind::NotPertinent | Kind::AbusiveOrSpam => sure(None, None, judgement.confidence),
            Kind::Emergency => {
                let office = judgement.office.or(ranking.first());
                let second =
                    ranking.first().filter(|first| Some(*first) != office).or_else(|| ranking.second(&self.lexicon));
                sure(office.or(Some(urp)), second.filter(|second| Some(*second) != office), judgement.confidence)
            }
            _ => match ranking.first() {
                None => sure(Some(urp), None, if judgement.kind == Kind::Report { 0.2 } else { 0.6 }),
                Some(first) if ranking.confidence < self.lexicon.limits.office_confidence && first != urp => {
                    Choice { office: Some(urp), second: Some(first), confidence: ranking.confidence, abstained: true }
                }
                Some(first) => sure(Some(first), ranking.second(&self.lexicon), ranking.confidence),
            },
        }
    }

    /// A picture, a voice or a position without a word: something is reported, nobody knows what.
    fn wordless(&self, message: &Message<'_>) -> Verdict {
        let what = match (message.is_location, message.has_attachments) {
            (true, _) => "C'è solo una posizione, senza testo.",
            (false, true) => "C'è solo un allegato, senza testo.",
            (false, false) => "Il messaggio è vuoto.",
        };
        Verdict {
            kind: Kind::Report,
            office: None,
            confidence: 0.1,
            second_office: None,
            urgency: Urgency::Normal,
            stance: Stance::Neutral,
            place: None,
            protocol: None,
            protocol_norm: None,
            lang: self.lexicon.languages.codes[0].clone(),
            pii: Vec::new(),
            because: vec![what.to_owned()],
            rules_version: self.lexicon.version.clone(),
        }
    }
}
