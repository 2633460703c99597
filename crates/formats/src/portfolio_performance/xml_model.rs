//! References in the XML of Portfolio Performance: an element is written where it is first met, often inside of the
//! booking of another account, and referred to everywhere else.
//!
//! Invariant: following references ends; what refers to nothing is no element.

use std::collections::{HashMap, HashSet};

use crate::markup::Tree;

/// Most references that lead to references.
const STEPS_MAX: usize = 32;

/// A document whose references can be followed.
pub(crate) struct Model<'t> {
    pub tree: &'t Tree,
    /// Elements by number, in files that number them.
    by_id: HashMap<String, usize>,
    /// Place of an element among those of its name, from 1.
    place: Vec<u32>,
}

impl<'t> Model<'t> {
    pub fn new(tree: &'t Tree) -> Model<'t> {
        let mut by_id = HashMap::new();
        let mut place = vec![1u32; tree.elements.len()];
        for (at, element) in tree.elements.iter().enumerate() {
            if let Some(id) = tree.attribute(at, "id") {
                by_id.entry(id.to_owned()).or_insert(at);
            }
            let mut counts: HashMap<&str, u32> = HashMap::new();
            for child in &element.children {
                let count = counts.entry(tree.elements[*child].name.as_str()).or_insert(0);
                *count += 1;
                place[*child] = *count;
            }
        }
        Model { tree, by_id, place }
    }

    /// The element itself, or the one that it refers to.
    pub fn real(&self, at: usize) -> Option<usize> {
        let mut at = at;
        for _ in 0..STEPS_MAX {
            let Some(reference) = self.tree.attribute(at, "reference") else { return Some(at) };
            at = match self.by_id.get(reference) {
                Some(found) => *found,
                None => self.follow(at, reference)?,
            };
        }
        None
    }

    /// `../../account[2]/transactions`, from the element that holds the reference.
    fn follow(&self, from: usize, path: &str) -> Option<usize> {
        let mut at = from;
        for step in path.split('/') {
            // An element on the way may itself be a reference.
            at = match step {
                ".." => self.tree.elements[at].parent?,
                "." | "" => at,
                step => {
                    let (name, place) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
                        Some((name, place)) => (name, place.parse().ok()?),
                        None => (step, 1u32),
                    };
                    let inside = if self.tree.attribute(at, "reference").is_some() { self.real(at)? } else { at };
                    let children = self.tree.elements[inside].children.iter();
                    children
                        .copied()
                        .find(|child| self.tree.elements[*child].name == name && self.place[*child] == place)?
                }
            };
        }
        Some(at)
    }

    /// The child with a name, real.
    pub fn child(&self, of: usize, name: &str) -> Option<usize> {
        self.real(self.tree.child(of, name)?)
    }

    /// Text of a child, real.
    pub fn text(&self, of: usize, name: &str) -> Option<&'t str> {
        let at = self.child(of, name)?;
        Some(self.tree.elements[at].text.as_str()).filter(|text| !text.is_empty())
    }

    /// The real children of a list.
    pub fn list(&self, of: usize, name: &str) -> Vec<usize> {
        let Some(list) = self.child(of, name) else { return Vec::new() };
        let mut seen = HashSet::new();
        let children = self.tree.elements[list].children.iter().filter_map(|child| self.real(*child));
        children.filter(|child| seen.insert(*child)).collect()
    }
}
