//! Approved WhatsApp templates. From a file, they are checked as Meta does: name, language, number of parameters. Without
//! one, every name that begins with `segnalalo_` passes, in Italian, with any number of parameters.

use super::{error::Error, params::Params as _};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{fs, io, path::Path};

const ANY_BEGINS_WITH: &str = "segnalalo_";
const ANY_LANGUAGE: &str = "it";

/// A file of `[[template]]` with `name`, `language` and `body`, where `{{1}}` stands for the first parameter.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    #[serde(rename = "template", default)]
    approved: Vec<Template>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    name: String,
    #[serde(default = "italian")]
    language: String,
    body: String,
}

fn italian() -> String {
    ANY_LANGUAGE.to_owned()
}

#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("{file} can't be read")]
    File {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("{file} isn't a list of templates")]
    Toml {
        file: String,
        #[source]
        source: toml::de::Error,
    },
}

impl Template {
    fn parameters(&self) -> usize {
        (1..).take_while(|n| self.body.contains(&placeholder(*n))).count()
    }

    fn fill(&self, parameters: &[String]) -> String {
        let numbered = parameters.iter().zip(1..);
        numbered.fold(self.body.clone(), |text, (value, n)| text.replace(&placeholder(n), value))
    }
}

fn placeholder(n: usize) -> String {
    format!("{{{{{n}}}}}")
}

impl Templates {
    pub fn read(file: &Path) -> Result<Self, Unreadable> {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).map_err(|source| Unreadable::File { file: name.clone(), source })?;
        toml::from_str(&text).map_err(|source| Unreadable::Toml { file: name, source })
    }

    fn find(&self, asked: &Map<String, Value>) -> Option<&Template> {
        let (name, language) = (asked.text("name"), language(asked));
        self.approved.iter().find(|template| template.name == name && template.language == language)
    }

    /// Name and language of those with this name; of all, when it is empty.
    pub fn named(&self, name: &str) -> Vec<(String, String)> {
        if self.approved.is_empty() {
            let passes = name.starts_with(ANY_BEGINS_WITH);
            return if passes { vec![(name.to_owned(), italian())] } else { Vec::new() };
        }
        let known = self.approved.iter().filter(|template| name.is_empty() || template.name == name);
        known.map(|template| (template.name.clone(), template.language.clone())).collect()
    }

    /// `params` are the request's.
    pub fn check(&self, params: &Map<String, Value>) -> Result<(), Error> {
        let empty = Map::new();
        let asked = params.object("template").unwrap_or(&empty);
        let (name, language) = (asked.text("name"), language(asked));
        let unknown = || {
            let error = Error::new(132_001, "(#132001) Template name does not exist in the translation");
            error.details(format!("template name ({name}) does not exist in {language}"))
        };
        if self.approved.is_empty() {
            let passes = name.starts_with(ANY_BEGINS_WITH) && language == ANY_LANGUAGE;
            return if passes { Ok(()) } else { Err(unknown()) };
        }
        let template = self.find(asked).ok_or_else(unknown)?;
        let (given, wanted) = (parameters(asked).len(), template.parameters());
        if given == wanted {
            return Ok(());
        }
        let error = Error::new(132_000, "(#132000) Number of parameters does not match the expected number of params");
        let details = format!(
            "body: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
        );
        Err(error.details(details))
    }

    /// For the ledger: name, parameters, and the text where it is known.
    pub fn show(&self, asked: &Map<String, Value>) -> String {
        let parameters = parameters(asked);
        let head = format!("{}: {}", asked.text("name"), parameters.join(" | "));
        match self.find(asked) {
            Some(template) => format!("{head}\n{}", template.fill(&parameters)),
            None => head,
        }
    }

    /// What of `show` the citizen sees.
    pub fn strip<'a>(&self, shown: &'a str) -> &'a str {
        let head = shown.split_once('\n');
        let of_template = |name: &str| self.approved.iter().any(|template| template.name == name);
        match head {
            Some((head, text)) if head.split_once(':').is_some_and(|(name, _)| of_template(name)) => text,
            _ => shown,
        }
    }
}

fn language(asked: &Map<String, Value>) -> String {
    asked.object("language").map(|language| language.text("code")).unwrap_or_default()
}

/// Of the body.
fn parameters(asked: &Map<String, Value>) -> Vec<String> {
    let components = asked.list("components").iter().filter_map(Value::as_object);
    let body = components.filter(|component| component.text("type").eq_ignore_ascii_case("body"));
    body.flat_map(|component| component.list("parameters"))
        .filter_map(Value::as_object)
        .map(|parameter| match parameter.text("type").as_str() {
            "text" => parameter.text("text"),
            other => parameter.object(other).map(|value| value.text("fallback_value")).unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(name: &str, parameters: &[&str]) -> Map<String, Value> {
        let parameters: Vec<Value> = parameters.iter().map(|text| json!({"type": "text", "text": text})).collect();
        let template = json!({
            "name": name, "language": {"code": "it"}, "components": [{"type": "body", "parameters": parameters}],
        });
        Map::from_iter([("template".to_owned(), template)])
    }

    fn templates() -> Templates {
        toml::from_str("[[template]]\nname = \"aggiornamento\"\nbody = \"Pratica {{1}}: {{2}}.\"\n").unwrap()
    }

    fn code(result: Result<(), Error>) -> i64 {
        result.map_or_else(|error| error.refusal().code, |()| 0)
    }

    #[test]
    fn an_approved_template_needs_all_its_parameters() {
        assert_eq!(code(templates().check(&asked("aggiornamento", &["7", "fatto"]))), 0);
        assert_eq!(code(templates().check(&asked("aggiornamento", &["7"]))), 132_000);
        assert_eq!(code(templates().check(&asked("altro", &[]))), 132_001);
    }

    #[test]
    fn the_ledger_has_name_parameters_and_text_and_the_citizen_only_the_text() {
        let asked = asked("aggiornamento", &["7", "fatto"]);
        let shown = templates().show(asked["template"].as_object().unwrap());
        assert_eq!(shown, "aggiornamento: 7 | fatto\nPratica 7: fatto.");
        assert_eq!(templates().strip(&shown), "Pratica 7: fatto.");
        assert_eq!(templates().strip("Nota: a\nb"), "Nota: a\nb");
    }

    #[test]
    fn without_a_list_the_citys_own_names_pass() {
        assert_eq!(code(Templates::default().check(&asked("segnalalo_news", &["7"]))), 0);
        assert_eq!(code(Templates::default().check(&asked("other", &[]))), 132_001);
    }
}
