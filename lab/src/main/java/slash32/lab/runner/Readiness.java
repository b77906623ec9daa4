package slash32.lab.runner;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import slash32.lab.runner.ImageMap.NativeImage;
import slash32.lab.topology.Bind;
import slash32.lab.topology.Kind;
import slash32.lab.topology.NetworkMode;
import slash32.lab.topology.NodeSpec;
import slash32.lab.topology.Stage;
import slash32.lab.topology.Topology;
import slash32.lab.yaml.Finding;
import slash32.lab.yaml.Finding.Severity;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;

/// What a topology that is right needs of this host, and doesn't find.
///
/// For `check` these are warnings, for `up` errors.
final class Readiness {
    private static final String HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Topology topology;
    private final ImageMap images;
    private final Severity severity;
    private final boolean hostAllowed;
    private final List<Finding> findings = new ArrayList<>();

    private Readiness(Topology topology, ImageMap images, Severity severity, boolean hostAllowed) {
        this.topology = topology;
        this.images = images;
        this.severity = severity;
        this.hostAllowed = hostAllowed;
    }

    /// All that is missing, in the order of the nodes.
    ///
    /// @param hostAllowed the topology may run commands on the host
    static List<Finding> check(Topology topology, ImageMap images, Severity severity, boolean hostAllowed)
            throws IOException {
        var readiness = new Readiness(topology, images, severity, hostAllowed);
        for (NodeSpec node : topology.nodes().values()) {
            readiness.check(node);
        }
        return readiness.findings;
    }

    private void check(NodeSpec node) throws IOException {
        checkImage(node);
        checkFiles(node);
        checkOutside(node);
        checkHostCommands(node);
    }

    private void checkImage(NodeSpec node) {
        Located<String> image = node.image();
        if (node.kind() != Kind.LINUX || image == null) {
            return;
        }
        NativeImage host = images.find(image.value());
        if (host == null) {
            say(
                    image.place(),
                    node.key() + ".image",
                    "no host program is known for image " + image.value() + " of node " + node.name() + "; add it to "
                            + images.source());
            return;
        }
        host.requires().forEach((program, debianPackage) -> {
            if (!HostCommand.exists(program, HOST_PATH)) {
                say(
                        image.place(),
                        node.key() + ".image",
                        "image " + image.value() + " of node " + node.name() + " needs the program " + program
                                + ": apt-get install " + debianPackage + ", or map the image to another in "
                                + images.source());
            }
        });
    }

    private void checkFiles(NodeSpec node) {
        for (Bind bind : node.binds()) {
            Path source = NodeProgram.source(topology, bind);
            if (!Files.exists(source)) {
                say(
                        bind.place(),
                        node.key() + ".binds",
                        "node " + node.name() + " binds " + source + ", which isn't there");
            }
        }
        for (Located<String> file : node.envFiles()) {
            if (!Files.isReadable(topology.folder().resolve(file.value()))) {
                say(file.place(), node.key() + ".env-files", file.value() + " can't be read");
            }
        }
    }

    private void checkOutside(NodeSpec node) throws IOException {
        if (topology.namespaceOwner(node) != null) {
            return;
        }
        String namespace = node.networkMode().value() instanceof NetworkMode.Shared(String name) ? name : null;
        if (namespace != null && !Files.exists(Path.of("/run/netns", namespace))) {
            say(
                    node.networkMode().place(),
                    node.key() + ".network-mode",
                    "there is no node and no network namespace " + namespace);
        } else if (namespace == null && node.kind() == Kind.BRIDGE && !Devices.exists(null, node.bridgeName())) {
            String name = node.bridgeName();
            say(
                    node.place(),
                    node.key(),
                    "the host has no bridge " + name + "; run: ip link add " + name + " type bridge && ip link set "
                            + name + " up");
        }
    }

    private void checkHostCommands(NodeSpec node) {
        if (hostAllowed) {
            return;
        }
        boolean shares = node.kind() == Kind.LINUX && node.networkMode().value() instanceof NetworkMode.Host;
        if (node.kind() == Kind.HOST || shares) {
            node.exec().stream()
                    .findFirst()
                    .ifPresent(command -> sayHost(command.place(), node.key() + ".exec", command.text()));
        }
        if (shares && node.cmd() != null) {
            sayHost(node.cmd().place(), node.key() + ".cmd", node.cmd().text());
        }
        node.stages().forEach((name, stage) -> {
            for (Stage.StageCommand command : concat(stage)) {
                if (command.onHost()) {
                    sayHost(
                            command.command().place(),
                            node.key() + ".stages." + name + ".exec",
                            command.command().text());
                }
            }
        });
    }

    private static List<Stage.StageCommand> concat(Stage stage) {
        var commands = new ArrayList<>(stage.onEnter());
        commands.addAll(stage.onExit());
        return commands;
    }

    private void sayHost(Place place, String key, String command) {
        say(place, key, "runs on the host: " + command + "; `slash32 lab up --allow-host` lets it");
    }

    private void say(Place place, String key, String text) {
        findings.add(new Finding(severity, place, key, text));
    }
}
