//! What several simulators need. Nothing here is known to the programs that they serve.

pub mod dice;
