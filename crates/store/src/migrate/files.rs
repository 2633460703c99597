//! The migrations, embedded. A test compares this list with the folder.

/// One migration.
#[derive(Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number, ascending.
    pub version: i32,
    /// Name of its file without number and ending.
    pub name: &'static str,
    /// The way up.
    pub up: &'static str,
    /// The way down.
    pub down: &'static str,
}

macro_rules! migration {
    ($version:literal, $number:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            up: include_str!(concat!("../../../../migrations/", $number, "_", $name, ".sql")),
            down: include_str!(concat!("../../../../migrations/", $number, "_", $name, ".down.sql")),
        }
    };
}

/// All migrations in order.
pub static MIGRATIONS: &[Migration] = &[
    migration!(1, "0001", "expand_roles_and_schema"),
    migration!(2, "0002", "expand_reference"),
    migration!(3, "0003", "expand_reference_rows"),
    migration!(4, "0004", "expand_identity"),
    migration!(5, "0005", "expand_securities"),
    migration!(6, "0006", "expand_books"),
    migration!(7, "0007", "expand_pricing_packs"),
    migration!(8, "0008", "expand_executions"),
    migration!(9, "0009", "expand_imports"),
    migration!(10, "0010", "expand_operation"),
    migration!(11, "0011", "expand_lighter_import_rows"),
];
