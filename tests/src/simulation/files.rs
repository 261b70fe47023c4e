//! The city's files, read once for all histories.

use segnalalo_domain::calendar::Calendar;
use segnalalo_kit::city::{Offices, calendar};
use segnalalo_notifier::messages::Messages;
use segnalalo_registry::register::Registrar;
use segnalalo_triage::classify::Classifier;
use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

pub struct Files {
    pub calendar: Calendar,
    pub offices: Arc<Offices>,
    pub registrar: Arc<Registrar>,
    pub messages: Arc<Messages>,
    pub classifier: Classifier,
}

pub static FILES: LazyLock<Files> = LazyLock::new(|| {
    let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/biella");
    Files {
        calendar: calendar::load(&city).expect("the city's calendar can be read"),
        offices: Arc::new(Offices::load(&city).expect("the city's offices can be read")),
        registrar: Arc::new(Registrar::load(&city).expect("the city's register can be read")),
        messages: Arc::new(Messages::load(&city).expect("the city's messages can be read")),
        classifier: Classifier::load(&city).expect("the city's lexicon can be read"),
    }
});
