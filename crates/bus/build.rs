//! Compiles the published schema, so that what is documented for others is what the code uses.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let files = protox::compile(["overcut/v1/messages.proto"], [&root])?;
    prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    Ok(())
}
