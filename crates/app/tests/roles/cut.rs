//! An engine in a network of its own, which is cut off from the broker and comes back.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::broker::{Broker, PROGRAM};
use crate::stage::{Role, Stage, said};
use crate::wall::{single_program, until_shown};
use crate::{BROKERS, RECORDING, SPRINT, alone};

/// Longer than it takes until an engine is taken for dead.
const CUT: Duration = Duration::from_secs(12);

/// A network namespace with one wire to us, removed with this.
struct Network {
    namespace: String,
    wire: String,
    far: String,
    /// Our end's address, as the broker is known by.
    here: String,
}

impl Network {
    /// `None` where we may not make any.
    fn lay() -> Option<Network> {
        let n = std::process::id() % 100_000;
        // Four addresses for each run: two may run at one time.
        let (net, first) = (n / 64 % 256, n % 64 * 4);
        let [here, there] = [1, 2].map(|host| format!("10.211.{net}.{}", first + host));
        let network =
            Network { namespace: format!("overcut{n}"), wire: format!("oc{n}"), far: format!("ocf{n}"), here };
        let Network { namespace, wire, far, here } = &network;
        let laid = run(&format!("ip netns add {namespace}"))
            && run(&format!("ip link add {wire} type veth peer name {far} netns {namespace}"))
            && run(&format!("ip address add {here}/30 dev {wire}"))
            && run(&format!("ip link set {wire} up"))
            && run(&format!("ip -n {namespace} address add {there}/30 dev {far}"))
            && run(&format!("ip -n {namespace} link set {far} up"));
        laid.then_some(network)
    }

    /// At the far end: what is on this side goes on talking.
    fn cut(&self) {
        assert!(run(&format!("ip -n {} link set {} down", self.namespace, self.far)));
    }

    fn mend(&self) {
        assert!(run(&format!("ip -n {} link set {} up", self.namespace, self.far)));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        run(&format!("ip netns del {}", self.namespace));
        run(&format!("ip link del {}", self.wire));
    }
}

/// True if it worked; in the way of other programs it says nothing.
fn run(line: &str) -> bool {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn an_engine_that_is_cut_off_from_the_broker_goes_on_when_the_wire_is_mended() {
    let Some(recording) = overcut_testkit::recording(SPRINT) else { return };
    let Some(program) = overcut_testkit::service(PROGRAM) else { return };
    let _alone = alone();
    let Some(network) = Network::lay() else {
        println!("skipped: no network namespaces may be made here; root on Linux may");
        return;
    };
    let broker = Broker::start(&program, &network.here, "memory://tansu/");
    let stage = Stage::set(&["fetch_wait_ms = 10"]).with(BROKERS, &broker.address);
    let want = single_program(&stage, &recording);
    let mut roles = [
        Role::start(&stage, "ingest", &["ingest", RECORDING, "--speed", "60", "--from", "0:58:00"]),
        Role::start(&stage, "gateway", &["gateway", "--port", "0"]),
        Role::start_in(&stage, &network.namespace, "engine far away", &["engine"]),
    ];
    let began = Instant::now();
    thread::sleep(CUT);
    network.cut();
    thread::sleep(CUT);
    assert!(!roles[0].is_over(), "the cut came too late");
    network.mend();
    println!("{:.0} s: mended", began.elapsed().as_secs_f64());
    until_shown(&roles, 1, &want, began);
    assert!(!roles[2].is_over(), "{}", said(&roles));
    println!("{:.0} s: the wall is that of a single program", began.elapsed().as_secs_f64());
    assert!(!said(&roles).contains("messages are missing"), "{}", said(&roles));
}
