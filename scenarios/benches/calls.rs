//! How many calls of AWS it costs that something happens once more. The numbers are exact, and a test has them as a budget.

use scenarios::economy::Economy;
use simulator::binaries::Binaries;
use std::{error::Error, io::Write};

fn main() -> Result<(), Box<dyn Error>> {
    let binaries = Binaries::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let economy = runtime.block_on(Economy::measure(&binaries))?;
    write!(std::io::stdout(), "{economy}")?;
    Ok(())
}
