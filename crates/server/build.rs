//! Builds again when the dashboard was built again, since the dashboard is embedded.

fn main() {
    // A path that does not exist would count as always changed; its parent exists in every checkout.
    let dist = "../../web/dist";
    let watched = if std::path::Path::new(dist).is_dir() { dist } else { "../../web/index.html" };
    println!("cargo:rerun-if-changed={watched}");
}
