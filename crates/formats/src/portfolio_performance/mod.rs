//! Portfolio Performance: its CSV exports and templates in all its languages, and its file in XML.

pub(crate) mod csv;
pub(crate) mod kinds;
pub(crate) mod titles;
pub(crate) mod xml;
pub(crate) mod xml_model;
