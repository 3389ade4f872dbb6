//! Cells that a spreadsheet must not take for formulas.
//!
//! Display names are written by anybody who may edit a profile, and read in the spreadsheet of somebody who decides about
//! access. The rules are those that OWASP gives against CSV injection, and a bit more.

/// Returns a cell as it is written: behind an apostrophe if a spreadsheet might take it for a formula.
///
/// That is, if it begins with `=`, `+`, `-` or `@`, also in their full-width forms, white space, control characters and
/// invisible ones before it not counted, since some programs drop those; or if it begins with a tab, a carriage return or a
/// line feed. Apostrophes in front do not count, so that every cell has a form of its own, and [`unguard`] finds it again.
pub fn guard(cell: &str) -> String {
    let mut room = String::new();
    guarded_owned(cell, &mut room);
    room
}

/// Returns the cell that [`guard`] wrote as `written`.
pub fn unguard(written: &str) -> &str {
    match written.strip_prefix('\'') {
        Some(cell) if is_dangerous(cell) => cell,
        _ => written,
    }
}

/// Returns a cell as it is written, in `room` if it is not as it was.
pub(super) fn guarded<'a>(cell: &'a str, room: &'a mut String) -> &'a str {
    if is_dangerous(cell) {
        guarded_owned(cell, room)
    } else {
        cell
    }
}

/// The same, in `room` in any case.
pub(super) fn guarded_owned<'a>(cell: &str, room: &'a mut String) -> &'a str {
    room.clear();
    if is_dangerous(cell) {
        room.push('\'');
    }
    room.push_str(cell);
    room
}

fn is_dangerous(cell: &str) -> bool {
    let bare = cell.trim_start_matches('\'');
    let first = bare.trim_start_matches(is_ignored).chars().next();
    bare.starts_with(['\t', '\r', '\n'])
        || first.is_some_and(|it| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(it))
}

/// Tells what may stand before the sign of a formula without hiding it.
fn is_ignored(it: char) -> bool {
    let is_invisible = matches!(
        it,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    );
    it == '\'' || it.is_whitespace() || it.is_control() || is_invisible
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_names_are_not() {
        for cell in [
            "=1+1",
            "+49 30",
            "-1",
            "@SUM(A1)",
            "\ttab",
            "\rreturn",
            "\nline",
            " =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "\0=1",
            "\u{200b}+1",
            "\u{202e}=1",
            "\u{2066}\u{2069}=1",
            "\u{fe0f}=1",
            "'=1",
            "''@x",
            " ' =1",
            "\u{ff1d}1",
            "\u{ff0b}1",
            "\u{ff0d}1",
            "\u{ff20}x",
        ] {
            assert_eq!(guard(cell), format!("'{cell}"));
            assert_eq!(unguard(&guard(cell)), cell);
        }
        for cell in [
            "",
            "Ann",
            "O'Brien",
            "'tis",
            "'",
            " Ann",
            "a=1",
            "ann@example.org",
            "1-2",
            "\u{2212}1",
            "été",
        ] {
            assert_eq!(guard(cell), cell);
            assert_eq!(unguard(cell), cell);
        }
    }

    proptest! {
        #[test]
        fn every_cell_has_a_form_of_its_own(one in "['=+@ \tx]{0,5}|.{0,4}", other in "['=+@ \tx]{0,5}") {
            let written = guard(&one);
            prop_assert_eq!(unguard(&written), &one);
            prop_assert_eq!(guard(&one) == guard(&other), one == other);
        }
    }
}
