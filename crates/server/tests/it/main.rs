//! The binary as a user meets it: processes, files, exit codes; real PostgreSQL, real Beancount.

mod beancount;
mod commands;
mod demo;
mod foreign_files;
mod interrupted_import;
mod rig;
