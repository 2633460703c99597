//! The patterns that this server runs, as one snapshot that is replaced atomically.
//!
//! Invariants: a bad file never takes away its last good version; a broken file never stops the server; running
//! executions keep the version that they began with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use pattern::{Catalogue, Diagnostic, Severity};

use crate::loaded::Loaded;
use crate::problem::{Problem, ProblemItem};

/// Folder of files that several capabilities share in one plan, kept out of the gallery.
const VIEWS: &str = "views";
/// Folders that hold no patterns.
const NOT_PATTERNS: [&str; 1] = ["schema"];
/// Deepest folder that is searched.
const DEPTH_MAX: u32 = 8;
/// Bytes of a file that are read at most; the checker refuses anything near this size.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Text of one pattern file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternFileText {
    /// Path below its root, `views/holdings.json`.
    pub path: String,
    /// The text.
    pub text: String,
}

/// Whether a pattern can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternState {
    /// The file is good and serves.
    Ok,
    /// The file is bad; its last good version serves.
    Outdated,
    /// The file is bad and never was good.
    Broken,
    /// The file is gone.
    Retired,
}

/// One pattern of the library.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its id.
    pub id: String,
    /// Path of the file below its root.
    pub path: String,
    /// Text of the file, also of a bad one.
    pub text: Arc<str>,
    /// BLAKE3 of the text, hex.
    pub text_hash: String,
    /// True for a view.
    pub is_view: bool,
    /// Whether it can run.
    pub state: PatternState,
    /// Messages of the checker about the text.
    pub diagnostics: Arc<[Diagnostic]>,
    /// The plan that serves.
    pub plan: Option<Arc<pattern::Plan>>,
    loaded: Option<Arc<Loaded>>,
}

/// What a reload changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReloadReport {
    /// Ids that serve a new text.
    pub changed: Vec<String>,
    /// Ids whose new text is bad.
    pub bad: Vec<String>,
    /// Ids whose file is gone.
    pub retired: Vec<String>,
    /// Files that could not be read, with the reason.
    pub unreadable: Vec<(String, String)>,
}

impl ReloadReport {
    /// True if nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == ReloadReport::default()
    }
}

type Snapshot = BTreeMap<String, Arc<Listing>>;

/// The patterns and the catalogue of capabilities.
pub struct PatternLibrary {
    catalogue: Arc<Catalogue>,
    roots: Vec<PathBuf>,
    shipped: Vec<PatternFileText>,
    snapshot: ArcSwap<Snapshot>,
    reloading: Mutex<()>,
}

impl std::fmt::Debug for PatternLibrary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatternLibrary").field("patterns", &self.snapshot.load().len()).finish_non_exhaustive()
    }
}

impl PatternLibrary {
    /// A library of `shipped` texts, overlaid by the files below `roots`: a file of a later root takes the place of one
    /// with the same id. Call [`PatternLibrary::reload`] to fill it.
    pub fn new(catalogue: Arc<Catalogue>, shipped: Vec<PatternFileText>, roots: Vec<PathBuf>) -> Self {
        PatternLibrary { catalogue, roots, shipped, snapshot: ArcSwap::default(), reloading: Mutex::new(()) }
    }

    /// What capabilities there are.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Folders that are read, later ones over earlier ones.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// All patterns by id, retired ones included.
    pub fn list(&self) -> Vec<Arc<Listing>> {
        self.snapshot.load().values().cloned().collect()
    }

    /// One pattern, whatever its state.
    pub fn get(&self, id: &str) -> Option<Arc<Listing>> {
        self.snapshot.load().get(id).cloned()
    }

    /// The plan of a pattern that can run, or the reason why it cannot.
    pub fn plan(&self, id: &str) -> Result<Arc<pattern::Plan>, Problem> {
        Ok(self.resolve(id)?.plan().clone())
    }

    /// Reads all files again and replaces what changed. Cheap if nothing did.
    pub fn reload(&self) -> ReloadReport {
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = ReloadReport::default();
        let mut layers: Vec<Vec<PatternFileText>> = vec![self.shipped.clone()];
        for root in &self.roots {
            let mut files = Vec::new();
            collect(root, root, 0, &mut files, &mut report.unreadable);
            files.sort_by(|a, b| a.path.cmp(&b.path));
            layers.push(files);
        }
        let before = self.snapshot.load_full();
        let after = self.next_snapshot(&before, layers, &mut report);
        self.snapshot.store(Arc::new(after));
        report
    }

    fn next_snapshot(
        &self,
        before: &Snapshot,
        layers: Vec<Vec<PatternFileText>>,
        report: &mut ReloadReport,
    ) -> Snapshot {
        let mut texts: BTreeMap<String, PatternFileText> = BTreeMap::new();
        let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for layer in layers {
            let mut in_layer: BTreeSet<String> = BTreeSet::new();
            for file in layer {
                let id = id_of(&file.path);
                if in_layer.insert(id.clone()) {
                    texts.insert(id, file);
                } else {
                    // The first by path serves.
                    taken.entry(id).or_default().push(file.path);
                }
            }
        }
        let mut after = Snapshot::new();
        for (id, file) in texts {
            let text_hash = blake3::hash(file.text.as_bytes()).to_hex().to_string();
            let known = before.get(&id);
            let others = taken.remove(&id).unwrap_or_default();
            if let Some(known) = known
                && known.text_hash == text_hash
                && known.path == file.path
                && known.state != PatternState::Retired
                && others.is_empty()
            {
                after.insert(id, known.clone());
                continue;
            }
            let listing = self.checked(&id, file, text_hash, known, &others);
            let is_same = known.is_some_and(|known| known.text_hash == listing.text_hash);
            match listing.state {
                PatternState::Ok if !is_same => report.changed.push(id.clone()),
                PatternState::Outdated | PatternState::Broken if !is_same => report.bad.push(id.clone()),
                _ => {}
            }
            after.insert(id, Arc::new(listing));
        }
        for (id, known) in before {
            if !after.contains_key(id) {
                if known.state != PatternState::Retired {
                    report.retired.push(id.clone());
                }
                let retired = Listing { state: PatternState::Retired, loaded: None, plan: None, ..(**known).clone() };
                after.insert(id.clone(), Arc::new(retired));
            }
        }
        after
    }

    fn checked(
        &self,
        id: &str,
        file: PatternFileText,
        text_hash: String,
        known: Option<&Arc<Listing>>,
        others: &[String],
    ) -> Listing {
        let (plan, mut diagnostics) = self.check(&file.path, &file.text);
        diagnostics.extend(others.iter().map(|other| duplicate(id, other)));
        let (state, loaded) = match plan {
            Some(plan) => (PatternState::Ok, Some(Arc::new(Loaded::of_plan(plan, &file.text)))),
            None => match known.and_then(|known| known.loaded.clone()) {
                Some(previous) => (PatternState::Outdated, Some(previous)),
                None => (PatternState::Broken, None),
            },
        };
        Listing {
            id: id.to_owned(),
            is_view: file.path.split('/').any(|part| part == VIEWS),
            path: file.path,
            text: file.text.into(),
            text_hash,
            state,
            diagnostics: diagnostics.into(),
            plan: loaded.as_ref().map(|loaded| loaded.plan().clone()),
            loaded,
        }
    }

    /// Checks a text as the library does, without taking it in.
    pub fn check(&self, path: &str, text: &str) -> (Option<pattern::Plan>, Vec<Diagnostic>) {
        let file_name = path.rsplit('/').next().unwrap_or(path);
        match pattern::parse(file_name, text) {
            Ok(file) => pattern::check(&file, &self.catalogue),
            Err(diagnostics) => (None, diagnostics),
        }
    }

    /// The version that serves, or the problem that says why there is none.
    pub(crate) fn resolve(&self, id: &str) -> Result<Arc<Loaded>, Problem> {
        let snapshot = self.snapshot.load();
        let Some(listing) = snapshot.get(id) else {
            let running = snapshot.iter().filter(|(_, listing)| listing.loaded.is_some());
            let nearest = capability::nearest(id, running.map(|(id, _)| id.as_str()));
            let problem = Problem::new("pattern_not_found", format!("no pattern {id}"));
            return Err(match nearest {
                Some(nearest) => problem.with_try(format!("did you mean {nearest}?")),
                None => problem.with_try("list the patterns"),
            });
        };
        if let Some(loaded) = &listing.loaded {
            return Ok(loaded.clone());
        }
        if listing.state == PatternState::Retired {
            return Err(Problem::new("pattern_retired", format!("pattern {id} was removed")));
        }
        Err(problem_of_broken(listing))
    }
}

/// A pattern that fails only because this build lacks a capability says so; any other broken one lists its messages.
fn problem_of_broken(listing: &Listing) -> Problem {
    let errors: Vec<&Diagnostic> =
        listing.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let items = errors.iter().map(|diagnostic| item_of(diagnostic)).collect();
    if !errors.is_empty() && errors.iter().all(|diagnostic| diagnostic.rule == UNKNOWN_CAPABILITY) {
        let named: Vec<&str> = errors.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        return Problem::new("capability_unavailable", format!("pattern {}: {}", listing.id, named.join("; ")))
            .with_errors(items);
    }
    Problem::new("pattern_invalid", format!("pattern {} has {} errors", listing.id, errors.len()))
        .with_errors(items)
        .with_try("correct the file; it is read again at once")
}

/// Rule of the checker for a capability that does not exist.
const UNKNOWN_CAPABILITY: &str = "PAT0012";
/// Rule of the checker for an id that is taken.
const ID_TAKEN: &str = "PAT0002";

fn item_of(diagnostic: &Diagnostic) -> ProblemItem {
    ProblemItem {
        line: Some(u64::from(diagnostic.line)),
        column: Some(diagnostic.column.to_string()),
        code: diagnostic.rule.to_owned(),
        detail: diagnostic.message.clone(),
        try_: diagnostic.suggestion.as_ref().map(|suggestion| format!("did you mean {suggestion}?")),
        ..ProblemItem::default()
    }
}

fn duplicate(id: &str, other: &str) -> Diagnostic {
    Diagnostic {
        rule: ID_TAKEN,
        severity: Severity::Error,
        line: 1,
        column: 1,
        end_column: 1,
        message: format!("{other} has the id {id} too and does not serve"),
        suggestion: None,
    }
}

fn id_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name).to_owned()
}

/// Reads the pattern files below `folder`; what cannot be read is reported and left out.
fn collect(
    root: &Path,
    folder: &Path,
    depth: u32,
    files: &mut Vec<PatternFileText>,
    unreadable: &mut Vec<(String, String)>,
) {
    let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            unreadable.push((below(folder), error.to_string()));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(about) = std::fs::metadata(&path) else { continue };
        if name.starts_with('.') {
            continue;
        }
        if about.is_dir() {
            if depth < DEPTH_MAX && !NOT_PATTERNS.contains(&name.as_str()) {
                collect(root, &path, depth + 1, files, unreadable);
            }
        } else if name.ends_with(".json") && !name.ends_with(".test.json") {
            if about.len() > FILE_BYTES_MAX {
                unreadable.push((below(&path), format!("{} bytes are too many", about.len())));
                continue;
            }
            match std::fs::read(&path) {
                Ok(bytes) => {
                    // Wrong encoding is the checker's to report, at its place.
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    files.push(PatternFileText { path: below(&path), text });
                }
                Err(error) => unreadable.push((below(&path), error.to_string())),
            }
        }
    }
}
