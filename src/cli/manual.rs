//! `spinfield completions` and `spinfield man`: what shells and `man` learn about the options, from the same source as `--help`.

use super::Common;
use super::delivery::print;
use super::session::say;
use anyhow::{Context, Result};
use clap::Args;
use clap_complete::Shell;
use spinfield::Error;

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script that completes this program's options in a shell.
pub fn completions(args: &CompletionsArgs, mut program: clap::Command) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "spinfield", &mut script);
    print(&String::from_utf8(script).context("the script is no text")?)
}

/// Writes a manual page for every subcommand into the folder of `--out`; without one, prints that of the program.
pub fn pages(common: &Common, program: clap::Command) -> Result<u8> {
    let Some(folder) = &common.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(program).render(&mut page)?;
        return print(&String::from_utf8(page).context("the page is no text")?);
    };
    let failed = |error: std::io::Error| Error::output(folder, error, "choose a folder that can be written to");
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(program, folder).map_err(failed)?;
    if !common.quiet {
        say(&format!("spinfield: read them with `man -l {}`", folder.join("spinfield.1").display()));
    }
    Ok(0)
}
