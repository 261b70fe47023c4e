//! The daily register, and words that stay in it.

use super::{Context, Decision, Desk};
use crate::{
    event::{DayExport, Register},
    personal_data,
    rejection::Rejection,
    words::Actor,
};
use jiff::civil::Date;

/// The register of a day was made and signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportDay {
    pub day: Date,
    pub export: DayExport,
}

/// The first export of a day counts. A day that isn't over has no register yet.
pub(super) fn export_day(desk: &Desk, command: &ExportDay, context: &Context<'_>) -> Result<Decision, Rejection> {
    let ExportDay { day, export } = command;
    let mut decision = Decision::by(Actor::rule("daily-register"));
    if desk.register.exported.contains(day) {
        decision.reason = "day_exported";
        return Ok(decision);
    }
    if *day >= desk.register.date(context.now) {
        return Err(Rejection::Invalid { field: "day", problem: format!("{day} isn't over") });
    }
    decision.register(Register::DayExported { day: *day, export: Box::new(export.clone()) });
    Ok(decision)
}

/// Words that stay in the register for ever may name nobody.
pub(super) fn impersonal(field: &'static str, text: &str) -> Result<String, Rejection> {
    match personal_data::find(text, &[]).first() {
        None => Ok(text.trim().to_owned()),
        Some(found) => Err(Rejection::Invalid {
            field,
            problem: format!(
                "it stays in the register and holds personal data ({found}): name an act or a number instead"
            ),
        }),
    }
}
