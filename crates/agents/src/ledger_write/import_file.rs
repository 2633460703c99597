//! The file of an import and how it is to be read: from the arguments of a call, else as it was uploaded.

use std::collections::{HashMap, HashSet};

use capability::{Failure, FailureDetail};
use formats::{Choice, Format, Mapping};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::UserTransaction;
use store::queries::imports::{self, Import, ImportStatus};
use uuid::Uuid;

use crate::args::Args;
use crate::failure::StepError;

/// The file of a call.
pub(crate) struct ImportFile {
    /// The import that it was uploaded to, if it was.
    pub import: Option<Import>,
    /// Account of rows that name none.
    pub account_id: Option<Uuid>,
    /// The bytes.
    pub content: Vec<u8>,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Name of the file.
    pub filename: String,
    /// How to read it.
    pub settings: ImportSettings,
}

/// How a file is to be read; what is not said is detected.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImportSettings {
    /// The format.
    pub format: Option<Format>,
    /// Columns and words of a CSV.
    pub mapping: Mapping,
    /// Choices for securities, by the key of their question.
    pub security_choices: HashMap<String, Choice>,
    /// Account of the portfolio for each account of the file.
    pub account_choices: HashMap<String, Uuid>,
    /// Whether securities that nothing is known about are created.
    pub create_securities: bool,
    /// Lines (or row keys) that are left out.
    pub skip: HashSet<String>,
    /// Whether lines that books do not hold are left out.
    pub skip_not_supported: bool,
    /// Corrected cells by line.
    pub corrections: HashMap<u64, Vec<(String, String)>>,
}

impl ImportFile {
    /// The file of a call: of an upload, or given as text or bytes.
    pub async fn of(
        tx: &mut UserTransaction,
        user: Uuid,
        portfolio: Uuid,
        args: &Args,
        lock: bool,
    ) -> Result<ImportFile, StepError> {
        if let Some(id) = args.id("import_id")? {
            let found = if lock { imports::lock(tx, user, id).await? } else { imports::by_id(tx, user, id).await? };
            let unknown = || Failure::new("not_found", format!("there is no import {id}")).at("/import_id");
            let import = found.filter(|import| import.portfolio_id == portfolio).ok_or_else(unknown)?;
            if lock && matches!(import.status, ImportStatus::Committed | ImportStatus::Reverted) {
                return Err(Failure::new("import_already_committed", "the import was committed before").into());
            }
            let content = imports::blob(tx, user, &import.file_sha256).await?.ok_or_else(unknown)?.1;
            return Ok(ImportFile {
                account_id: import.account_id,
                sha256: import.file_sha256,
                filename: import.filename.clone(),
                settings: ImportSettings::of_import(&import)?.overridden(args)?,
                import: Some(import),
                content,
            });
        }
        let content = content_of(args)?;
        if imports::BLOB_BYTES_MAX < content.len() {
            return Err(Failure::new("payload_too_large", "a file has at most 25 MiB").at("/content").into());
        }
        Ok(ImportFile {
            import: None,
            account_id: args.id("account_id")?,
            sha256: Sha256::digest(&content).into(),
            filename: args.text("filename").unwrap_or("content.csv").chars().take(200).collect(),
            settings: ImportSettings::default().overridden(args)?,
            content,
        })
    }
}

/// The bytes of a call: text, or bytes in hexadecimal for files that are not UTF-8.
fn content_of(args: &Args) -> Result<Vec<u8>, Failure> {
    match (args.text("content"), args.text("content_hex")) {
        (Some(text), _) => Ok(text.as_bytes().to_vec()),
        (None, Some(hexadecimal)) => hex::decode(hexadecimal)
            .map_err(|error| Failure::new("invalid_input", format!("content_hex: {error}")).at("/content_hex")),
        (None, None) => {
            Err(Failure::new("invalid_input", "give content, or import_id of an uploaded file").at("/content"))
        }
    }
}

impl ImportSettings {
    /// As they are kept with an import: its mapping (fields, kinds, currencies, options; choices) and its options.
    fn of_import(import: &Import) -> Result<Self, Failure> {
        let mut kept = Map::new();
        kept.insert("format".to_owned(), import.format.clone().into());
        for part in [&import.mapping, &import.options] {
            for (name, value) in part.as_object().into_iter().flatten() {
                kept.insert(name.clone(), value.clone());
            }
        }
        Self::default().with(&kept)
    }

    /// What a call says counts before what is kept.
    fn overridden(self, args: &Args) -> Result<Self, Failure> {
        let given = args.as_value();
        self.with(given.as_object().unwrap_or(&Map::new()))
    }

    fn with(mut self, given: &Map<String, Value>) -> Result<Self, Failure> {
        if let Some(format) = given.get("format").and_then(Value::as_str).filter(|format| *format != "auto") {
            let parsed = format.parse::<Format>();
            self.format = Some(parsed.map_err(|error| Failure::new("invalid_input", error.to_string()).at("/format"))?);
        }
        if let Some(mapping) = given.get("mapping").filter(|mapping| !mapping.is_null()) {
            self.mapping = Mapping::from_json(mapping).map_err(|problems| {
                let detail = |problem: ledger::Problem| FailureDetail {
                    pointer: Some(format!("/mapping/{}", problem.field)),
                    code: problem.code.to_owned(),
                    detail: problem.detail,
                    try_: problem.try_,
                    ..FailureDetail::default()
                };
                Failure::new("mapping_incomplete", "the mapping has mistakes")
                    .with_errors(problems.into_iter().map(detail).collect())
                    .at("/mapping")
            })?;
        }
        for (key, value) in given.get("security_choices").and_then(Value::as_object).into_iter().flatten() {
            let choice = match value.as_str() {
                Some("create") => Some(Choice::Create),
                Some("ignore") => Some(Choice::Ignore),
                Some(id) => Uuid::try_parse(id).ok().map(Choice::Security),
                None => None,
            };
            let refuse = || {
                Failure::new("invalid_input", format!("the choice for {key} is no id, `create` or `ignore`"))
                    .at(format!("/security_choices/{key}"))
            };
            self.security_choices.insert(key.clone(), choice.ok_or_else(refuse)?);
        }
        for (name, value) in given.get("account_choices").and_then(Value::as_object).into_iter().flatten() {
            let id = value.as_str().and_then(|id| Uuid::try_parse(id).ok());
            let refuse = || {
                Failure::new("invalid_input", format!("the choice for account {name} is no id"))
                    .at(format!("/account_choices/{name}"))
            };
            self.account_choices.insert(name.clone(), id.ok_or_else(refuse)?);
        }
        for line in given.get("skip").and_then(Value::as_array).into_iter().flatten() {
            self.skip.insert(line.as_str().map_or_else(|| line.to_string(), str::to_owned));
        }
        for (line, cells) in given.get("corrections").and_then(Value::as_object).into_iter().flatten() {
            let refuse = || {
                Failure::new("invalid_input", format!("corrections of {line}: give the line, and its cells by column"))
                    .at(format!("/corrections/{line}"))
            };
            let line: u64 = line.parse().map_err(|_| refuse())?;
            let cells = cells.as_object().ok_or_else(refuse)?;
            let texts = cells
                .iter()
                .map(|(column, cell)| (column.clone(), cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)));
            self.corrections.insert(line, texts.collect());
        }
        let flag = |name: &str, known: bool| given.get(name).and_then(Value::as_bool).unwrap_or(known);
        self.create_securities = flag("create_securities", self.create_securities);
        self.skip_not_supported = flag("skip_not_supported", self.skip_not_supported);
        Ok(self)
    }
}
