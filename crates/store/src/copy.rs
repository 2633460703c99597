//! The binary format of COPY, for rows that arrive by the thousand.
//! Invariant: every row has the declared number of columns, each in its declared type.

use bytes::{BufMut, Bytes, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type};

use crate::error::StoreError;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const CHUNK_BYTES: usize = 256 * 1024;

/// Rows on their way into a table without row-level security.
pub(crate) struct CopyRows {
    types: &'static [Type],
    chunks: Vec<Bytes>,
    buffer: BytesMut,
}

impl CopyRows {
    pub(crate) fn new(types: &'static [Type]) -> Self {
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES + 4096);
        buffer.put_slice(SIGNATURE);
        buffer.put_i32(0); // flags
        buffer.put_i32(0); // header extension
        Self { types, chunks: Vec::new(), buffer }
    }

    pub(crate) fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), StoreError> {
        debug_assert_eq!(values.len(), self.types.len());
        let columns = i16::try_from(values.len()).map_err(|e| StoreError::corrupt("copy", e))?;
        self.buffer.put_i16(columns);
        for (value, ty) in values.iter().zip(self.types) {
            let at = self.buffer.len();
            self.buffer.put_i32(-1);
            let null = value.to_sql_checked(ty, &mut self.buffer).map_err(|e| StoreError::corrupt("copy", e))?;
            if let IsNull::No = null {
                let length = i32::try_from(self.buffer.len() - at - 4).map_err(|e| StoreError::corrupt("copy", e))?;
                self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        if self.buffer.len() >= CHUNK_BYTES {
            self.chunks.push(self.buffer.split().freeze());
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Vec<Bytes> {
        self.buffer.put_i16(-1);
        self.chunks.push(self.buffer.freeze());
        self.chunks
    }
}
