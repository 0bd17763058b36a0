//! Compiles `mltraining/v1/*.proto` and `inference/*.proto` without protoc: Rust types, clients and servers, and the
//! descriptor set with comments (the manual that reflection shows).

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const PACKAGE_DIRS: [&str; 2] = ["inference", "mltraining/v1"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    for folder in PACKAGE_DIRS {
        println!("cargo::rerun-if-changed={folder}");
    }

    let mut compiler = protox::Compiler::new([&root])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files(proto_files(&root)?)?;
    fs::write(
        out.join("mltraining.v1.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    tonic_prost_build::configure()
        // Ordered maps: the same message is always the same bytes, and so is its hash.
        .btree_map(".")
        // A chunk of a file is shared, not copied.
        .bytes(".mltraining.v1.DownloadArtifactResponse.data")
        // Few jobs have one, and every job is held in one piece.
        .boxed(".mltraining.v1.JobResult.prediction_set")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// All .proto files of the packages, sorted, so that the generated code does not depend on the file system's order.
fn proto_files(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for folder in PACKAGE_DIRS {
        for entry in fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "proto") {
                println!("cargo::rerun-if-changed={}", path.display());
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
