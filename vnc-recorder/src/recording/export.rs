//! A recording's stream as other programs read it: FBS 001.000, the format of rfbproxy.
//!
//! ```text
//! "FBS 001.000\n", then blocks: length u32, bytes padded to four, time u32 (ms since the start); big-endian
//! ```

use std::io::{self, Write};
use std::path::Path;

use super::reader::{ReadError, Reader};
use crate::rfb::server_init;

/// Writes the recording at `path` as FBS. The handshake is that of RFB 3.3 without a password, as players of the
/// format expect it.
///
/// # Errors
/// When the recording cannot be read, or the output not written.
pub fn fbs(path: &Path, out: &mut impl Write) -> Result<(), ReadError> {
    let mut reader = Reader::open(path, None)?;
    out.write_all(b"FBS 001.000\n")?;
    let begin = reader.index().begin;
    block(out, 0, b"RFB 003.003\n")?;
    block(out, 0, &[0, 0, 0, 1])?;
    let mut init = server_init(begin.width, begin.height, &begin.desktop);
    if begin.blue_first {
        init[14..17].reverse(); // the shifts of red, green and blue
    }
    block(out, 0, &init)?;
    while let Some((time, bytes)) = reader.next_piece()? {
        block(out, time, &bytes)?;
    }
    out.flush()?;
    Ok(())
}

fn block(out: &mut impl Write, time: u32, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u32).to_be_bytes())?;
    out.write_all(bytes)?;
    out.write_all(&[0; 3][..bytes.len().next_multiple_of(4) - bytes.len()])?;
    out.write_all(&time.to_be_bytes())
}
