//! Names as they stand in ids and in the names of files.

/// Text as it stands in an id: lower case, without accents, words joined by hyphens.
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            Some(plain) => out.push_str(plain),
            None if letter.is_ascii_alphanumeric() => out.push(letter),
            None if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            None => {}
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// Letters with accents that occur in the names of races and circuits, without them.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'ç' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'š' | 'ş' => "s",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ß' => "ss",
        '\'' | '’' => "",
        _ => return None,
    })
}
