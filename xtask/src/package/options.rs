//! The options of `cargo xtask package`.

/// Processors that Lambda has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// Rust's name of it.
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// How to build the functions.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The processors that Lambda runs the functions on.
    #[arg(long, value_enum, default_value_t = Architecture::Arm64)]
    pub(super) architecture: Architecture,
    /// Build without optimisation, which is fast, into target/lambda-debug: for tests.
    #[arg(long)]
    pub(super) debug: bool,
}

impl Options {
    /// Cargo's profile; the archives' folder is called so too.
    pub(super) fn profile(&self) -> &'static str {
        if self.debug { "lambda-debug" } else { "lambda" }
    }
}
