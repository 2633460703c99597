//! `PATCH /api/imports/{id}`

use serde_json::{Map, Value, json};
use store::queries::{audit, imports};
use utoipa::ToSchema;

use super::record::{Import, refuse_committed};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::{FieldError, Problem};

/// How to treat the rows.
#[derive(Debug, ToSchema)]
pub struct ImportOptions {
    /// True leaves out rows that the ledger has already; false refuses them.
    pub skip_duplicates: Option<bool>,
    /// True leaves out options, futures and the like, which books do not hold; false refuses them.
    pub skip_not_supported: Option<bool>,
    /// True creates securities that nothing is known about.
    pub create_securities: Option<bool>,
    /// Lines that are left out.
    #[schema(value_type = Option<Vec<String>>)]
    pub skip: Option<Value>,
}

impl ImportOptions {
    /// Reads the options of an import.
    pub fn of(f: &mut Fields<'_>) -> Self {
        let skip = f.opt_any("skip");
        let is_lines = |value: &Value| {
            value.as_array().is_some_and(|lines| {
                lines.len() <= 10_000 && lines.iter().all(|line| line.is_string() || line.is_u64())
            })
        };
        if skip.as_ref().is_some_and(|skip| !is_lines(skip)) {
            f.refuse("skip", "skip must be a list of lines");
        }
        Self {
            skip_duplicates: f.opt_boolean("skip_duplicates"),
            skip_not_supported: f.opt_boolean("skip_not_supported"),
            create_securities: f.opt_boolean("create_securities"),
            skip,
        }
    }
}

/// Puts what is given over what is kept.
pub(super) fn options_json(kept: &mut Value, given: ImportOptions) {
    let flags = [
        ("skip_duplicates", given.skip_duplicates),
        ("skip_not_supported", given.skip_not_supported),
        ("create_securities", given.create_securities),
    ];
    for (name, flag) in flags {
        if let Some(flag) = flag {
            kept[name] = flag.into();
        }
    }
    if let Some(skip) = given.skip {
        kept["skip"] = skip;
    }
}

/// Changes of an import.
#[derive(Debug, ToSchema)]
pub struct ChangeImport {
    /// Format id, or `auto`.
    pub format: Option<String>,
    /// How to treat the rows.
    pub options: Option<ImportOptions>,
    /// Columns and words of a CSV: `fields`, `kinds`, `currencies`, `options`; replaces the one before.
    #[schema(value_type = Option<Object>)]
    pub mapping: Option<Map<String, Value>>,
    /// By the key of a question: the id of a security, `create` or `ignore`; adds to those before.
    #[schema(value_type = Option<Object>)]
    pub security_choices: Option<Map<String, Value>>,
    /// By the account of the file: the id of an account; adds to those before.
    #[schema(value_type = Option<Object>)]
    pub account_choices: Option<Map<String, Value>>,
    /// By line: cells by column in the place of the file's; adds to those before.
    #[schema(value_type = Option<Object>)]
    pub corrections: Option<Map<String, Value>>,
}

impl Input for ChangeImport {
    fn read(f: &mut Fields<'_>) -> Self {
        let allowed: Vec<&str> =
            std::iter::once("auto").chain(formats::Format::ALL.iter().map(|format| format.id())).collect();
        Self {
            format: f.opt_choice("format", &allowed),
            options: f.opt_object("options", ImportOptions::of),
            mapping: f.opt_free_object("mapping"),
            security_choices: f.opt_free_object("security_choices"),
            account_choices: f.opt_free_object("account_choices"),
            corrections: f.opt_free_object("corrections"),
        }
    }
}

/// Refuses a mapping that cannot be read, with every mistake.
fn check_mapping(mapping: &Value) -> Result<(), Problem> {
    let Err(problems) = formats::Mapping::from_json(mapping) else { return Ok(()) };
    let problem = Problem::new("mapping_incomplete", "the mapping has mistakes");
    Err(problems.into_iter().fold(problem, |problem, mistake| {
        let detail = match mistake.try_ {
            Some(advice) => format!("{}; {advice}", mistake.detail),
            None => mistake.detail,
        };
        problem.with_error(FieldError::at(format!("/mapping/{}", mistake.field), "mapping_incomplete", detail))
    }))
}

/// Changes one import.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    type Query = ();
    type Body = ChangeImport;
    type Answer = Import;
    const SUMMARY: &'static str = "Changes how an import of yours is read.";

    async fn handle(cx: Context, (): (), body: ChangeImport) -> Outcome {
        let user = cx.user()?;
        let version = cx.if_match()?;
        let mut import = super::show::read(&cx).await?;
        refuse_committed(&import)?;
        import.version = version;
        if let Some(options) = body.options {
            options_json(&mut import.options, options);
        }
        if let Some(format) = body.format {
            import.format = format;
        }
        if let Some(mapping) = body.mapping {
            let mapping = Value::Object(mapping);
            check_mapping(&mapping)?;
            import.mapping["mapping"] = mapping;
        }
        let added = [
            ("security_choices", body.security_choices),
            ("account_choices", body.account_choices),
            ("corrections", body.corrections),
        ];
        for (name, choices) in added {
            for (key, choice) in choices.into_iter().flatten() {
                if import.mapping[name].is_null() {
                    import.mapping[name] = json!({});
                }
                import.mapping[name][key] = choice;
            }
        }
        let import = guard::as_user(&cx, async |tx| {
            let import = imports::update(tx, user, &import).await?;
            audit::insert(tx, &cx.audit(user, "import.change", "import", import.id)).await?;
            Ok(import)
        })
        .await?;
        Ok(Reply::data(&Import::of(&import))?.version(import.version))
    }
}
