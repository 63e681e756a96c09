//! The program that integration tests execute: shim and helper as any program of the project, and
//! with `manage <configuration> <sandbox> <container>` (each JSON) a runtime of its own that starts
//! one container, says so, and waits to be killed.

use std::process::ExitCode;

use runtime::Config;
use runtime::Deps;
use runtime::EmbeddedRuntime;
use runtime::Runtime;
use runtime::types::ContainerConfig;
use runtime::types::SandboxConfig;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = runtime::shim::main(args.clone()) {
        return code;
    }
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let ["manage", config, sandbox, container] = words.as_slice() else { return ExitCode::from(2) };
    match manage(config, sandbox, container) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn manage(config: &str, sandbox: &str, container: &str) -> Result<(), Box<dyn std::error::Error>> {
    let config: Config = serde_json::from_str(config)?;
    let sandbox: SandboxConfig = serde_json::from_str(sandbox)?;
    let container: ContainerConfig = serde_json::from_str(container)?;
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    tokio.block_on(async move {
        let supervisor = supervise::Supervisor::new();
        let deps = Deps {
            clock: stdx::Clock::system(),
            rng: stdx::Rng::from_system(),
            spawner: supervisor.spawner(),
        };
        let runtime = EmbeddedRuntime::open(config, deps).await?;
        let sandbox = runtime.create_sandbox(&sandbox).await?.id;
        let container = runtime.create_container(&sandbox, &container).await?;
        runtime.start_container(&container).await?;
        tell(&format!("{sandbox} {container}\n"));
        supervisor.run().await;
        Ok(())
    })
}

fn tell(text: &str) {
    use std::io::Write;
    let mut stdout = std::io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).expect("the test reads our output");
}
