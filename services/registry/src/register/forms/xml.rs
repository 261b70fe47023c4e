//! The document for preservation systems: XML in UTF-8.

use super::{Error, Sheet, What, base64, failed, fields};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::io;

const NAMESPACE: &str = "urn:segnalalo:registro-giornaliero:1";

/// # Errors
/// Only when memory fails.
pub fn document(sheet: Sheet<'_>) -> Result<Vec<u8>, Error> {
    write(sheet).map_err(failed("XML"))
}

fn write(sheet: Sheet<'_>) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let (book, day) = (sheet.book, sheet.day);
    writer.create_element("RegistroGiornaliero").with_attribute(("xmlns", NAMESPACE)).write_inner_content(
        |writer| {
            text(writer, "CodiceAmministrazione", &book.administration)?;
            text(writer, "DenominazioneAmministrazione", &book.administration_name)?;
            text(writer, "CodiceAOO", &book.area)?;
            text(writer, "CodiceRegistro", &book.code)?;
            text(writer, "DenominazioneRegistro", &book.name)?;
            text(writer, "Data", &day.date.to_string())?;
            text(writer, "NumeroRegistrazioni", &day.registrations().to_string())?;
            text(writer, "NumeroAnnullamenti", &day.annulments().to_string())?;
            writer.create_element("TestaRegistro").write_inner_content(|writer| {
                text(writer, "Posizione", &day.head.position.to_string())?;
                digest(writer, &day.head.hash)
            })?;
            for row in &day.rows {
                let fields = fields(row, day);
                let element = match row.what {
                    What::Registration { .. } => "Registrazione",
                    What::Annulment { .. } => "Annullamento",
                    What::Emergency(_) => "Emergenza",
                };
                writer.create_element(element).write_inner_content(|writer| {
                    // Of the emergency register the element doesn't say all.
                    let said = usize::from(!matches!(row.what, What::Emergency(_)));
                    for (name, value) in fields.iter().skip(said).filter(|(_, value)| !value.is_empty()) {
                        match *name {
                            "Impronta" => {
                                let element =
                                    writer.create_element("Impronta").with_attribute(("algoritmo", "SHA-256"));
                                element
                                    .with_attribute(("codifica", "base64"))
                                    .write_text_content(BytesText::new(value))?;
                            }
                            "AlgoritmoImpronta" => {}
                            name => text(writer, name, value)?,
                        }
                    }
                    Ok(())
                })?;
            }
            Ok(())
        },
    )?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn text(writer: &mut Writer<Vec<u8>>, name: &str, value: &str) -> io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(value)).map(drop)
}

fn digest(writer: &mut Writer<Vec<u8>>, bytes: &[u8]) -> io::Result<()> {
    let element = writer.create_element("Impronta").with_attribute(("algoritmo", "SHA-256"));
    element.with_attribute(("codifica", "base64")).write_text_content(BytesText::new(&base64(bytes))).map(drop)
}
