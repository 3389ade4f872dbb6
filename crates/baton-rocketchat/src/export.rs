//! A stored sync in other forms.

use baton_sinks::export;

use crate::choices;
use crate::failure::Failure;
use crate::forms::Form;
use crate::settings::Settings;
use crate::{checks, fields, stored};

/// Writes a sync of the file in every form that is asked for: in all of them or none.
pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    checks::of_file(settings)?;
    let file = choices::file(settings);
    let forms = Form::all(settings, &file)?;
    let Some((first, others)) = forms.split_first() else {
        return Err(Failure::usage("there is nothing to export to")
            .with_hint("name at least one output, such as --sink csv=review"));
    };
    let sync_id = stored::named(&fields::SYNC, settings)?;
    let reader = stored::open(&file, settings, stored::NAME_IT)?;
    // A wrong identifier is told before anything is written.
    let sync = stored::finished(&reader, sync_id.as_deref())?;
    let sink = Form::beside(first.open()?, others)?;
    let exported = export(&reader, Some(&sync.sync_id), sink)?;
    if !exported.left_out.is_empty() {
        let left_out = serde_json::to_string(&exported.left_out).unwrap_or_default();
        tracing::warn!(
            left_out,
            "the file says more than there is room for in the other forms"
        );
    }
    for form in &forms {
        tracing::info!(sync.id = exported.sync.sync_id, output = %form, "exported");
    }
    Ok(())
}
