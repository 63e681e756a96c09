//! `skiff image`: images of this node, through the process that holds the store.

use std::process::ExitCode;

use api::Value;
use tokio::runtime::Builder;

use crate::admin;
use crate::cli::ImageArgs;
use crate::cli::ImageCommand;
use crate::layout::Layout;

/// Entry point.
pub(crate) fn run(args: ImageArgs) -> anyhow::Result<ExitCode> {
    let layout = Layout::new(&args.data_dir)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let ask = |method: &str, path: &str, argument: &str| -> anyhow::Result<Value> {
        let encoded: String = form_urlencoded::byte_serialize(argument.as_bytes()).collect();
        let what = format!("{path}?argument={encoded}");
        let answer = runtime.block_on(admin::ask_long(&layout.socket(), method, &what))?;
        let Some(answer) = answer else {
            anyhow::bail!("no cluster is running in {}: start it with `skiff up`", layout.root().display());
        };
        match answer["error"].as_str() {
            Some(error) => anyhow::bail!("{error}"),
            None => Ok(answer),
        }
    };
    match args.command {
        ImageCommand::Ls => print_images(&ask("GET", "/images", "")?),
        ImageCommand::Pull { reference } => print_images(&ask("POST", "/images/pull", &reference)?),
        ImageCommand::Import { file } => {
            // The process reads the file: it may run in another directory.
            let path = std::path::absolute(&file)?;
            print_images(&ask("POST", "/images/import", &path.to_string_lossy())?);
        }
        ImageCommand::Rm { references } => {
            for reference in references {
                ask("DELETE", "/images", &reference)?;
                println!("removed {reference}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_images(answer: &Value) {
    println!("{:<60} {:<14} {:>10}", "IMAGE", "ID", "SIZE");
    for image in answer["images"].items() {
        let id = image["id"].str_or_empty().trim_start_matches("sha256:");
        let size = image["size"].as_i64().unwrap_or(0) as f64 / 1_000_000.0;
        let names = image["names"].items();
        let unnamed = [Value::from("<none>")];
        for name in if names.is_empty() { &unnamed[..] } else { names } {
            println!("{:<60} {:<14} {size:>8.1}MB", name.str_or_empty(), &id[..id.len().min(12)]);
        }
    }
}
