//! A statement of the store: the text of one `.sql` file with the types of its parameters.
//! Invariant: every `.sql` file under `queries/` is registered through [`queries!`], and a test
//! prepares each one against the migrated schema.

use tokio_postgres::types::Type;

/// One statement; its text is a file beside the Rust function that binds it.
#[derive(Debug)]
pub struct Sql {
    /// File name below `queries/`, used in error messages.
    pub name: &'static str,
    /// The statement.
    pub text: &'static str,
    /// Parameter types in order, so that it can run unprepared as well.
    pub types: &'static [Type],
}

/// Declares the statements of a module and the list `ALL` of them. `"b.sql" after "a.sql"`: the file is the end of a
/// statement that begins as another one's.
macro_rules! queries {
    ($folder:literal; $($(#[$meta:meta])* $name:ident = $file:literal $(after $first:literal)? [$($ty:ident),* $(,)?];)+) => {
        $(
            $(#[$meta])*
            static $name: $crate::sql::Sql = $crate::sql::Sql {
                name: concat!($folder, "/", $file),
                text: concat!($(include_str!(concat!($folder, "/", $first)),)? include_str!(concat!($folder, "/", $file))),
                types: &[$(tokio_postgres::types::Type::$ty),*],
            };
        )+
        /// Every statement of this module, for the test that prepares them.
        #[cfg(test)]
        pub(crate) static ALL: &[&$crate::sql::Sql] = &[$(&$name),+];
    };
}
pub(crate) use queries;
