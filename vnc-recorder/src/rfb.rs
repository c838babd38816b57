//! The Remote Framebuffer protocol (RFC 6143), from both sides.
//!
//! | module | holds |
//! |---|---|
//! | [`upstream`] | the handshake with a VNC server |
//! | [`viewer`] | the handshake that a viewer gets from us, without a password |
//! | [`client_message`] | what a viewer sends, read strictly |
//! | [`decoder`] | what a server sends, drawn on a [`screen`] |
//! | [`painter`] | what changed on a screen, as a server sends it |
//!
//! Pixel format and encodings are pinned for every session: those encodings carry no state from rectangle to
//! rectangle, so that a recording can be shown from any screen on. Promises: whatever the peer sends, nothing
//! panics, and no more memory is used than its screen needs, at most [`screen::MOST_PIXELS`].

pub mod client_message;
pub mod decoder;
pub mod painter;
pub mod screen;
pub mod upstream;
pub mod viewer;

/// The pixel format of every session, as RFC 6143, 7.4 writes it: 32 bits, little-endian, true colour, red in
/// the lowest byte. noVNC knows no other.
pub const PIXEL_FORMAT: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];

/// The encodings of every session, the best first.
pub const ENCODINGS: [i32; 7] = [
    encoding::COPY_RECT,
    encoding::HEXTILE,
    encoding::RRE,
    encoding::RAW,
    encoding::CURSOR,
    encoding::DESKTOP_SIZE,
    encoding::LAST_RECT,
];

/// Numbers of encodings.
pub mod encoding {
    /// Pixels as they are.
    pub const RAW: i32 = 0;
    /// Copied from elsewhere on the screen.
    pub const COPY_RECT: i32 = 1;
    /// A background and rectangles of one colour.
    pub const RRE: i32 = 2;
    /// Tiles of 16 by 16.
    pub const HEXTILE: i32 = 5;
    /// The cursor's picture.
    pub const CURSOR: i32 = -239;
    /// The screen has another size now.
    pub const DESKTOP_SIZE: i32 = -223;
    /// No more rectangles in this update, whatever their number said.
    pub const LAST_RECT: i32 = -224;
}

/// Bits of a hextile's first byte.
pub(crate) mod hextile {
    pub(crate) const RAW: u8 = 1;
    pub(crate) const BACKGROUND: u8 = 2;
    pub(crate) const FOREGROUND: u8 = 4;
    pub(crate) const SUBRECTS: u8 = 8;
    pub(crate) const COLOURED: u8 = 16;
}

/// `ServerInit` for a viewer (RFC 6143, 7.3.2), in the pinned pixel format.
#[must_use]
pub fn server_init(width: u16, height: u16, name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24 + name.len());
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(PIXEL_FORMAT);
    bytes.extend((name.len() as u32).to_be_bytes());
    bytes.extend(name.as_bytes());
    bytes
}

/// `SetPixelFormat` and `SetEncodings` with what is pinned: the first messages to every server.
#[must_use]
pub fn pins() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0];
    bytes.extend(PIXEL_FORMAT);
    bytes.extend([2, 0]);
    bytes.extend((ENCODINGS.len() as u16).to_be_bytes());
    bytes.extend(ENCODINGS.iter().flat_map(|encoding| encoding.to_be_bytes()));
    bytes
}
