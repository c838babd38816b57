//! Replay: a recording as an RFB server's stream, with a clock that can be stopped, set and sped up.
//!
//! The server draws, and sends the viewer what changed, at most [`RATE`] times a second: so every speed costs the
//! same, and a moment that is sought comes as one whole picture. Works on running sessions too; at their end the
//! clock waits for what is recorded next.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::recording::Begin;
use crate::recording::reader::{ReadError, Reader};
use crate::rfb::painter::Painter;
use crate::rfb::{server_init, viewer};

/// Pictures a second at most.
const RATE: u32 = 30;

/// How often the viewer is told where the clock stands.
const TELL: Duration = Duration::from_millis(250);

/// Nothing happens for longer than this, in milliseconds: with `skip_idle` the clock jumps over it.
const IDLE: u32 = 1000;

/// What a viewer may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Stop the clock.
    Pause,
    /// Let it go on.
    Resume,
    /// Set it.
    Seek {
        /// Milliseconds since the start.
        time_ms: u32,
    },
    /// How fast it goes, from 0.1 to 64.
    Speed {
        /// 1 is as it was.
        speed: f64,
    },
    /// Whether it jumps over times in which nothing happens.
    SkipIdle {
        /// Whether.
        on: bool,
    },
    /// To the end of what is recorded, and on as it comes.
    Live,
}

/// What a viewer gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// RFB.
    Picture(Bytes),
    /// Where the clock stands.
    Position(Position),
    /// It cannot go on, in words.
    Failed(String),
}

/// Where the clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Position {
    /// Milliseconds since the start.
    pub time_ms: u32,
    /// Length of what is recorded, in milliseconds.
    pub duration_ms: u32,
    /// Whether the clock goes.
    pub playing: bool,
    /// How fast.
    pub speed: f64,
    /// Whether it jumps over times in which nothing happens.
    pub skip_idle: bool,
    /// Whether the session still runs.
    pub running: bool,
}

/// What comes before the first picture: the whole of a server's handshake, whatever the viewer answers. Its own
/// messages need not come here.
#[must_use]
pub fn greeting(begin: &Begin) -> Bytes {
    let init = server_init(begin.width.max(1), begin.height.max(1), &begin.name);
    [&viewer::VERSION[..], &[1, 1], &[0; 4], &init].concat().into()
}

/// Plays a recording until its viewer has gone, on a thread of its own. It begins at 0 and playing. `output` should
/// have room for two or three: a viewer that is slow is sent fewer pictures.
pub fn play(reader: Reader, commands: mpsc::Receiver<Command>, output: mpsc::Sender<Output>) {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let player = Player {
            reader,
            painter: Painter::default(),
            output,
            at: 0.0,
            since: Instant::now(),
            playing: true,
            speed: 1.0,
            skip_idle: false,
            told: None,
        };
        player.run(&runtime, commands);
    });
}

struct Player {
    reader: Reader,
    painter: Painter,
    output: mpsc::Sender<Output>,
    /// What the clock showed at `since`, in milliseconds.
    at: f64,
    since: Instant,
    playing: bool,
    speed: f64,
    skip_idle: bool,
    told: Option<(Instant, Position)>,
}

/// The viewer has gone.
struct Gone;

impl Player {
    fn run(mut self, runtime: &Handle, mut commands: mpsc::Receiver<Command>) {
        loop {
            match self.show() {
                Ok(Ok(())) => {}
                Ok(Err(Gone)) => return,
                Err(error) => {
                    let _ = self.output.blocking_send(Output::Failed(error.to_string()));
                    self.playing = false;
                }
            }
            let pause = Duration::from_secs(1) / RATE;
            let pause = if self.playing { pause } else { TELL };
            match runtime.block_on(async { timeout(pause, commands.recv()).await }) {
                Err(_) => {}
                Ok(None) => return,
                Ok(Some(command)) => {
                    if let Err(error) = self.obey(command) {
                        let _ = self.output.blocking_send(Output::Failed(error.to_string()));
                        self.playing = false;
                    }
                }
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), ReadError> {
        let now = self.now();
        match command {
            Command::Pause => self.playing = false,
            Command::Resume => self.playing = true,
            Command::Seek { time_ms } => return self.jump(time_ms.min(self.reader.duration())),
            Command::Speed { speed } => self.speed = speed.clamp(0.1, 64.0),
            Command::SkipIdle { on } => self.skip_idle = on,
            Command::Live => {
                self.playing = true;
                self.speed = 1.0;
                return self.jump(self.reader.duration());
            }
        }
        self.set(now);
        Ok(())
    }

    fn jump(&mut self, time: u32) -> Result<(), ReadError> {
        self.set(time.into());
        self.told = None;
        self.reader.seek(time)
    }

    /// Brings the viewer to where the clock stands.
    fn show(&mut self) -> Result<Result<(), Gone>, ReadError> {
        if self.playing {
            let end = self.reader.duration();
            let mut now = self.now().min(end.into());
            let next = self.reader.next_time()?;
            if self.skip_idle
                && let Some(next) = next.filter(|next| f64::from(*next) > now + f64::from(IDLE))
            {
                now = next.into();
                self.set(now);
            }
            self.reader.advance(now as u32)?;
            if now >= end.into() {
                // What comes next is not recorded yet, or never.
                self.set(end.into());
                self.playing = self.reader.is_running();
            }
        }
        if self.reader.take_replaced() {
            self.painter = Painter::default();
        }
        if let Some(picture) = self.painter.paint(self.reader.screen())
            && self.output.blocking_send(Output::Picture(picture.into())).is_err()
        {
            return Ok(Err(Gone));
        }
        Ok(self.tell())
    }

    fn tell(&mut self) -> Result<(), Gone> {
        let position = Position {
            time_ms: self.now() as u32,
            duration_ms: self.reader.duration(),
            playing: self.playing,
            speed: self.speed,
            skip_idle: self.skip_idle,
            running: self.reader.is_running(),
        };
        if let Some((when, told)) = &self.told {
            let moved =
                Position { time_ms: told.time_ms, duration_ms: told.duration_ms, ..position };
            if moved == *told && (when.elapsed() < TELL || position == *told) {
                return Ok(());
            }
        }
        self.told = Some((Instant::now(), position));
        self.output.blocking_send(Output::Position(position)).map_err(|_| Gone)
    }

    /// What the clock shows, in milliseconds.
    fn now(&self) -> f64 {
        match self.playing {
            true => self.at + self.since.elapsed().as_secs_f64() * 1000.0 * self.speed,
            false => self.at,
        }
    }

    fn set(&mut self, time: f64) {
        (self.at, self.since) = (time, Instant::now());
    }
}
