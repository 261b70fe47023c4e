//! The page for people: the city's own template, `pages/register-day.txt`.

use super::{Error, Sheet, failed, fields};
use anyhow::Context as _;
use minijinja::{Environment, UndefinedBehavior, context};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

const FILE: &str = "pages/register-day.txt";

#[derive(Debug, Clone)]
pub struct Page(Arc<Environment<'static>>);

impl Page {
    /// # Errors
    /// The file is missing, or isn't a template.
    pub fn load(city: &Path) -> anyhow::Result<Self> {
        let file = city.join(FILE);
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.add_template_owned(FILE, text).with_context(|| file.display().to_string())?;
        Ok(Self(Arc::new(templates)))
    }

    /// # Errors
    /// The template names what there isn't.
    pub fn write(&self, sheet: Sheet<'_>) -> Result<Vec<u8>, Error> {
        let (book, day) = (sheet.book, sheet.day);
        let rows =
            day.rows.iter().map(|row| fields(row, day).into_iter().collect::<BTreeMap<_, _>>()).collect::<Vec<_>>();
        let values = context! {
            administration => &book.administration_name,
            register => &book.name,
            code => &book.code,
            date => day.date.to_string(),
            registrations => day.registrations(),
            annulments => day.annulments(),
            head_position => day.head.position,
            head_hash => hex::encode(day.head.hash),
            rows,
        };
        let template = self.0.get_template(FILE).map_err(failed("page"))?;
        template.render(values).map(|page| (page + "\n").into_bytes()).map_err(failed("page"))
    }
}
