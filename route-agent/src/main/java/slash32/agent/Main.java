package slash32.agent;

import slash32.agent.cli.Slash32;

/// Where the process begins.
final class Main {
    private Main() {}

    public static void main(String... arguments) {
        System.exit(Slash32.run(new Slash32.Roles(RouteAgent::new, RouteReflector::new), arguments));
    }
}
