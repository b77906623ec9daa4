package slash32.agent;

import slash32.agent.cli.Slash32;
import slash32.netlink.socket.Libc;

/// Where the process begins.
final class Main {
    private Main() {}

    public static void main(String... arguments) {
        if (Slash32.isDaemon(arguments)) {
            // while the configuration is read; whoever needs it first waits for it, and fails if it did
            Thread.ofPlatform().name("early").daemon(true).start(Libc::prepare);
        }
        System.exit(Slash32.run(new Slash32.Roles(RouteAgent::new, RouteReflector::new), arguments));
    }
}
