//! Python literals, as FastF1's live client saves them, turned into JSON.

use super::Malformed;

/// Writes the JSON of a Python literal over `out`.
///
/// Only notation is translated: quotes, escapes, `True`, `False` and `None`. Whether the result is well formed is for
/// the reader of the JSON to find out.
pub(crate) fn json_from_python(text: &str, out: &mut String) -> Result<(), Malformed> {
    out.clear();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at).copied() {
        at = match byte {
            b'\'' | b'"' => string(text, at, byte, out)?,
            b'A'..=b'Z' => word(text, at, out)?,
            0x20..=0x7e | b'\t' => {
                out.push(char::from(byte));
                at + 1
            }
            _ => return Err(Malformed { at, want: "a literal" }),
        };
    }
    Ok(())
}

/// `True`, `False` or `None`.
fn word(text: &str, at: usize, out: &mut String) -> Result<usize, Malformed> {
    let rest = text.get(at..).unwrap_or("");
    for (python, json) in [("True", "true"), ("False", "false"), ("None", "null")] {
        if rest.starts_with(python) {
            out.push_str(json);
            return Ok(at + python.len());
        }
    }
    Err(Malformed { at, want: "True, False or None" })
}

/// A text in either kind of quotes; returns where it ends.
fn string(text: &str, from: usize, quote: u8, out: &mut String) -> Result<usize, Malformed> {
    out.push('"');
    let unfinished = Malformed { at: from, want: "the end of a text" };
    let mut at = from + 1;
    let mut plain = at;
    loop {
        let byte = *text.as_bytes().get(at).ok_or(unfinished)?;
        if byte != quote && byte != b'\\' && byte != b'"' {
            at += 1;
            continue;
        }
        out.push_str(text.get(plain..at).ok_or(unfinished)?);
        at += 1;
        if byte == quote {
            out.push('"');
            return Ok(at);
        }
        if byte == b'"' {
            out.push_str("\\\"");
        } else {
            at = escape(text, at, out)?;
        }
        plain = at;
    }
}

/// What follows a backslash; returns where that ends.
fn escape(text: &str, at: usize, out: &mut String) -> Result<usize, Malformed> {
    let wrong = Malformed { at, want: "an escape" };
    let code = *text.as_bytes().get(at).ok_or(wrong)?;
    let n_digits = match code {
        b'\'' => {
            out.push('\'');
            return Ok(at + 1);
        }
        b'\\' | b'"' | b'b' | b'f' | b'n' | b'r' | b't' => {
            out.push('\\');
            out.push(char::from(code));
            return Ok(at + 1);
        }
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return Err(wrong),
    };
    let end = at + 1 + n_digits;
    let hex = text.get(at + 1..end).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(wrong)?;
    let unit = u32::from_str_radix(hex, 16).map_err(|_| wrong)?;
    match char::from_u32(unit) {
        Some('"' | '\\' | '\0'..='\x1f') | None => push_hex(unit, out),
        Some(letter) => out.push(letter),
    }
    Ok(end)
}

/// A JSON escape of one UTF-16 unit; half a surrogate pair keeps its half.
fn push_hex(unit: u32, out: &mut String) {
    let unit = u16::try_from(unit).unwrap_or(0xFFFD);
    out.push_str(&format!("\\u{unit:04x}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Result<String, &'static str> {
        let mut out = String::new();
        json_from_python(text, &mut out).map(|()| out).map_err(|e| e.want)
    }

    #[test]
    fn translates_notation() {
        let cases = [
            (
                "['T', {'a': True, 'b': [None, False, -1.5]}, '1']",
                Ok(r#"["T", {"a": true, "b": [null, false, -1.5]}, "1"]"#),
            ),
            (r#"["driver's", 'say "no"', 'it\'s']"#, Ok(r#"["driver's", "say \"no\"", "it's"]"#)),
            (r"['\xe9', '\u2013', '\n', '\\', '\U0001f600']", Ok(r#"["é", "–", "\n", "\\", "😀"]"#)),
            (r"['\x07', '\ud83d']", Ok(r#"["\u0007", "\ud83d"]"#)),
            ("['open", Err("the end of a text")),
            (r"'\q'", Err("an escape")),
            ("Nope", Err("True, False or None")),
        ];
        for (text, want) in cases {
            assert_eq!(json(text).as_deref(), want.as_deref(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = json(&text);
        }
    }
}
