//! A screen as a viewer sees it: pixels, cursor, size, and when each part of it last changed.

/// Most pixels of a screen, 64 MiB of them: 5120 x 2880 fits.
pub const MOST_PIXELS: usize = 1 << 24;

/// Longest side of a screen in pixels.
pub const LONGEST_SIDE: u16 = 8192;

/// Longest side of a cursor in pixels.
pub const LONGEST_CURSOR: u16 = 256;

/// Side of the tiles by which changes are kept, in pixels; hextile's.
pub const TILE: usize = 16;

/// A part of a screen, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

/// The cursor's picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The pixel of it that points, and its size.
    pub hot: Rect,
    /// Pixels as in the cursor pseudo-encoding.
    pub pixels: Vec<u8>,
    /// One bit for each pixel, rows padded to bytes.
    pub mask: Vec<u8>,
}

/// A screen. Its generation grows; what changes is marked with it.
#[derive(Debug, Clone)]
pub struct Screen {
    width: u16,
    height: u16,
    /// Four bytes each, in the pinned format.
    pixels: Vec<u8>,
    changed: Vec<u64>,
    resized: u64,
    cursor: Option<(Cursor, u64)>,
    generation: u64,
}

/// Whether a screen of this size can be drawn.
#[must_use]
pub fn is_size(width: u16, height: u16) -> bool {
    let pixels = usize::from(width) * usize::from(height);
    (1..=MOST_PIXELS).contains(&pixels) && width.max(height) <= LONGEST_SIDE
}

impl Screen {
    /// A black screen; none of a size that cannot be drawn.
    #[must_use]
    pub fn new(width: u16, height: u16) -> Option<Self> {
        is_size(width, height).then(|| {
            let mut screen = Screen {
                width: 0,
                height: 0,
                pixels: Vec::new(),
                changed: Vec::new(),
                resized: 0,
                cursor: None,
                generation: 1,
            };
            screen.resize(width, height);
            screen
        })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width.into()
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height.into()
    }

    /// All pixels, row by row, four bytes each: red, green, blue and one without a meaning.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The cursor, once the server has sent one.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref().map(|(cursor, _)| cursor)
    }

    /// BLAKE3 of what is seen: size and colours. The cursor is not part of it.
    #[must_use]
    pub fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.width.to_be_bytes()).update(&self.height.to_be_bytes());
        let mut opaque = Vec::with_capacity(self.width() * 4);
        for row in self.pixels.chunks_exact(self.width() * 4) {
            opaque.clear();
            opaque.extend_from_slice(row);
            opaque.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
            hasher.update(&opaque);
        }
        hasher.finalize()
    }

    /// What is drawn from here on is newer than what was drawn before.
    pub(crate) fn age(&mut self) {
        self.generation += 1;
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn resized_after(&self, generation: u64) -> bool {
        self.resized > generation
    }

    pub(crate) fn cursor_after(&self, generation: u64) -> Option<&Cursor> {
        self.cursor.as_ref().filter(|(_, changed)| *changed > generation).map(|(cursor, _)| cursor)
    }

    /// The tile rows of the screen, each with when its tiles changed.
    pub(crate) fn tile_rows(&self) -> impl Iterator<Item = &[u64]> {
        self.changed.chunks_exact(self.width().div_ceil(TILE))
    }

    pub(crate) fn contains(&self, rect: Rect) -> bool {
        rect.x + rect.width <= self.width() && rect.y + rect.height <= self.height()
    }

    pub(crate) fn row(&self, x: usize, y: usize, width: usize) -> &[u8] {
        &self.pixels[self.at(x, y)..][..width * 4]
    }

    /// Gives the screen another size, all black. The size must be one that can be drawn.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (width, height);
        self.pixels.clear();
        self.pixels.resize(self.width() * self.height() * 4, 0);
        self.changed.clear();
        let tiles = self.width().div_ceil(TILE) * self.height().div_ceil(TILE);
        self.changed.resize(tiles, self.generation);
        self.resized = self.generation;
    }

    pub(crate) fn set_cursor(&mut self, cursor: Cursor) {
        self.cursor = Some((cursor, self.generation));
    }

    /// Draws rows of pixels from the top of `rect`, as many as there are in `bytes`.
    pub(crate) fn draw(&mut self, rect: Rect, bytes: &[u8]) {
        if rect.width == 0 {
            return;
        }
        for (row, bytes) in bytes.chunks_exact(rect.width * 4).enumerate() {
            let at = self.at(rect.x, rect.y + row);
            self.pixels[at..][..bytes.len()].copy_from_slice(bytes);
        }
        self.mark(Rect { height: bytes.len() / (rect.width * 4), ..rect });
    }

    pub(crate) fn fill(&mut self, rect: Rect, pixel: [u8; 4]) {
        for y in rect.y..rect.y + rect.height {
            let at = self.at(rect.x, y);
            let (row, _) = self.pixels[at..][..rect.width * 4].as_chunks_mut();
            row.fill(pixel);
        }
        self.mark(rect);
    }

    /// Copies what is at (x, y) to `rect`; they may overlap.
    pub(crate) fn copy(&mut self, rect: Rect, x: usize, y: usize) {
        let downwards = rect.y > y;
        for row in 0..rect.height {
            let row = if downwards { rect.height - 1 - row } else { row };
            let from = self.at(x, y + row);
            let to = self.at(rect.x, rect.y + row);
            self.pixels.copy_within(from..from + rect.width * 4, to);
        }
        self.mark(rect);
    }

    fn at(&self, x: usize, y: usize) -> usize {
        (y * self.width() + x) * 4
    }

    fn mark(&mut self, rect: Rect) {
        if rect.width == 0 || rect.height == 0 {
            return;
        }
        let columns = self.width().div_ceil(TILE);
        let (first, last) = (rect.x / TILE, (rect.x + rect.width - 1) / TILE);
        for row in rect.y / TILE..=(rect.y + rect.height - 1) / TILE {
            self.changed[row * columns..][first..=last].fill(self.generation);
        }
    }
}
