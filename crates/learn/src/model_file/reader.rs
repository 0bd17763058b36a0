//! Numbers out of bytes, never past their end.

use super::ModelFileError;

/// The bytes that are not read yet.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], ModelFileError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| ModelFileError::malformed("the content ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelFileError> {
        Ok(self
            .take(N)?
            .try_into()
            .expect("take gives as many bytes as asked for"))
    }

    pub(super) fn u8(&mut self) -> Result<u8, ModelFileError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, ModelFileError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, ModelFileError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, ModelFileError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn f32(&mut self) -> Result<f32, ModelFileError> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    pub(super) fn f64(&mut self) -> Result<f64, ModelFileError> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A count of things that take at least `size` bytes each: an error when the rest cannot hold them, so that a caller
    /// may allocate for them.
    pub(super) fn count(&mut self, size: usize) -> Result<usize, ModelFileError> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / size {
            return Err(ModelFileError::malformed("more entries than bytes"));
        }
        Ok(count)
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), ModelFileError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(ModelFileError::malformed("bytes after the model"))
        }
    }
}
