//! Builds again when the dashboard was built again, since the dashboard is embedded.

fn main() {
    // A folder that is not there counts as changed: until the dashboard is built once, every build looks for it anew.
    // Watching anything else instead would leave a binary without the dashboard after the first `make web`.
    println!("cargo:rerun-if-changed=../../web/dist");
}
