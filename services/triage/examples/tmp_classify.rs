#![expect(clippy::unwrap_used, reason = "x")]
fn main() {
    let c = segnalalo_triage::classify::Classifier::load(std::path::Path::new("deploy/biella")).unwrap();
    segnalalo_triage::probe::run(&c, std::io::stdin().lock(), std::io::stdout().lock()).unwrap();
}
