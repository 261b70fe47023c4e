//! The file `messages.toml`, as it is written.

use super::{LoadError, whatsapp};
use segnalalo_domain::{template::Template, ticket::Phase};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

#[derive(Debug, Deserialize)]
pub(super) struct File {
    /// Where the full information on personal data stands (GDPR art. 13).
    pub privacy: String,
    pub states: BTreeMap<String, String>,
    #[serde(flatten)]
    texts: BTreeMap<String, Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub private: String,
    pub public: String,
    /// Added at the end on Messenger.
    #[serde(default)]
    pub messenger_extra: Option<String>,
    #[serde(default)]
    pub whatsapp: Option<Whatsapp>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whatsapp {
    pub name: String,
    #[serde(default = "italian")]
    pub language: String,
    pub parameters: Vec<String>,
    /// As it was submitted to Meta, with `{{1}}` for the first parameter.
    pub body: String,
}

fn italian() -> String {
    "it".to_owned()
}

impl File {
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let text = fs::read_to_string(path).map_err(|error| LoadError::Unreadable(path.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| LoadError::Malformed(path.to_owned(), Box::new(error)))
    }

    pub fn text(&self, path: &Path, template: Template) -> Result<&Text, LoadError> {
        self.known(template).ok_or_else(|| LoadError::Text {
            file: path.to_owned(),
            key: template.code().to_owned(),
            problem: "this message is missing".to_owned(),
        })
    }

    /// Name and language of those that Meta must have approved.
    pub fn whatsapp_templates(&self) -> Vec<(String, String)> {
        let templates = self.texts.values().filter_map(|text| text.whatsapp.as_ref());
        templates.map(|template| (template.name.clone(), template.language.clone())).collect()
    }

    pub fn known(&self, template: Template) -> Option<&Text> {
        self.texts.get(template.code())
    }

    /// Nothing that nobody would ever read, every state worded, every parameter known.
    pub fn check(&self, path: &Path) -> Result<(), LoadError> {
        let wrong =
            |key: String, problem: &str| LoadError::Text { file: path.to_owned(), key, problem: problem.to_owned() };
        for (name, text) in &self.texts {
            let Some(template) = Template::from_code(name) else {
                return Err(wrong(name.clone(), "there is no message of this name"));
            };
            let Some(whatsapp) = &text.whatsapp else {
                continue;
            };
            if let Some(unknown) =
                whatsapp.parameters.iter().find(|name| !template.variables().contains(&name.as_str()))
            {
                return Err(wrong(format!("{name}.whatsapp.parameters"), &format!("it has no variable {unknown:?}")));
            }
            if let Some(problem) = whatsapp::problem(whatsapp) {
                return Err(wrong(format!("{name}.whatsapp.body"), &problem));
            }
        }
        match Phase::ALL.iter().find(|phase| !self.states.contains_key(phase.code())) {
            Some(phase) => Err(wrong(format!("states.{phase}"), "this state has no words")),
            None => Ok(()),
        }
    }
}
