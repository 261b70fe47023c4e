//! Just enough of multipart/form-data for a file and a few fields beside it.

use super::request::File;

#[derive(Default)]
pub struct Form {
    pub texts: Vec<(String, String)>,
    pub file: Option<File>,
}

/// `None`: it is something else.
pub fn boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let (_, boundary) = parameters.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    Some(format!("--{boundary}"))
}

/// What can't be read is left out.
pub fn read(body: &[u8], boundary: &str) -> Form {
    let mut form = Form::default();
    for part in split(body, boundary.as_bytes()) {
        let Some(end) = find(part, b"\r\n\r\n") else { continue };
        let headers = String::from_utf8_lossy(&part[..end]).into_owned();
        let content = &part[end + 4..];
        let content = content.strip_suffix(b"\r\n").unwrap_or(content);
        let Some(name) = quoted(&headers, " name=\"") else { continue };
        if name == "file" {
            form.file = Some(File { mime_type: mime_type(&headers), bytes: content.to_vec() });
        } else {
            form.texts.push((name, String::from_utf8_lossy(content).into_owned()));
        }
    }
    form
}

fn mime_type(headers: &str) -> String {
    let line = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-type:"));
    let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim());
    value.unwrap_or("application/octet-stream").to_owned()
}

fn quoted(headers: &str, before: &str) -> Option<String> {
    let (_, rest) = headers.split_once(before)?;
    Some(rest.split('"').next()?.to_owned())
}

fn split<'a>(mut body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(start) = find(body, boundary) {
        body = &body[start + boundary.len()..];
        let end = find(body, boundary).unwrap_or(body.len());
        parts.push(&body[..end]);
    }
    parts
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_fields_are_read() {
        let boundary = boundary("multipart/form-data; boundary=x1").unwrap();
        let body = b"--x1\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
            --x1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\
            \xff\xd8\r\n\r\nend\r\n--x1--\r\n";
        let form = read(body, &boundary);
        assert_eq!(form.texts, [("messaging_product".to_owned(), "whatsapp".to_owned())]);
        let file = form.file.unwrap();
        assert_eq!(file.mime_type, "image/jpeg");
        assert_eq!(file.bytes, b"\xff\xd8\r\n\r\nend");
    }
}
