package slash32.bgp.speaker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.testkit.Command;

/// A BGP speaker of another make as a route reflector on 10.0.0.1 with clients 10.0.0.11 and 10.0.0.12, which dial it.
abstract class RealPeer {
    static final String OWN = "10.0.0.1";
    static final List<String> CLIENTS = List.of("10.0.0.11", "10.0.0.12");

    private final String name;
    private final String debianPackage;
    final Path folder;
    private @Nullable Process process;

    RealPeer(String name, String debianPackage, Path folder) {
        this.name = name;
        this.debianPackage = debianPackage;
        this.folder = folder;
    }

    static List<RealPeer> all(Path folder) {
        return List.of(
                new Bird(folder.resolve("bird")),
                new Frr(folder.resolve("frr")),
                new Gobgp(folder.resolve("gobgp")),
                new OpenBgpd(folder.resolve("openbgpd")));
    }

    String name() {
        return name;
    }

    /// Of the package that is installed; empty if it is not.
    String version() {
        Command.Outcome outcome = Command.tryRun("dpkg-query", "-W", "-f", "${Version}", debianPackage);
        return outcome.exitCode() == 0 ? outcome.output() : "";
    }

    /// What the peer can't do, and so is not measured; by feature.
    abstract Map<String, String> lacks();

    /// The configuration file's text.
    ///
    /// @param password TCP MD5 key, or null
    abstract String config(@Nullable String password);

    /// @param restarted keep what an earlier run had, where the peer has an option for that
    abstract List<String> command(Path config, boolean restarted);

    /// Has the peer ask {@code client} for all its routes again.
    abstract void askForRefresh(String client);

    /// What the peer shows and logs of {@code client}.
    abstract String view(String client) throws IOException;

    void start(@Nullable String password) throws IOException {
        Files.createDirectories(folder);
        run(Files.writeString(folder.resolve("peer.conf"), config(password)), false);
    }

    /// Starts again after {@link #kill}.
    void restart() throws IOException {
        run(folder.resolve("peer.conf"), true);
    }

    private void run(Path config, boolean restarted) throws IOException {
        process = new ProcessBuilder(command(config, restarted))
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    /// As kill -9 does.
    void kill() throws InterruptedException {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    private static final class Bird extends RealPeer {
        Bird(Path folder) {
            super("BIRD", "bird2", folder);
        }

        @Override
        Map<String, String> lacks() {
            return Map.of(InteropMatrix.EVPN, "");
        }

        @Override
        String config(@Nullable String password) {
            var config = new StringBuilder("router id 10.0.0.1;\nlog stderr all;\nprotocol device {}\n");
            for (String client : CLIENTS) {
                config.append("""
                        protocol bgp p%s {
                          local 10.0.0.1 as 65000; neighbor %s port 1790 as 65000; rr client; passive on; %s
                          hold time 9; graceful restart on; enable extended messages on;
                          ipv4 { import all; export all; add paths on; }; ipv6 { import all; export all; add paths on; };
                        }
                        """.formatted(
                                client.substring(client.lastIndexOf('.') + 1),
                                client,
                                password == null ? "" : "password \"" + password + "\";"));
            }
            return config.toString();
        }

        @Override
        List<String> command(Path config, boolean restarted) {
            var words = List.of("bird", "-f", "-c", config.toString(), "-s", socket());
            return restarted
                    ? java.util.stream.Stream.concat(words.stream(), java.util.stream.Stream.of("-R"))
                            .toList()
                    : words;
        }

        private String socket() {
            return folder.resolve("ctl").toString();
        }

        @Override
        void askForRefresh(String client) {
            Command.run("birdc", "-s", socket(), "reload", "in", "p" + client.substring(client.lastIndexOf('.') + 1));
        }

        @Override
        String view(String client) throws IOException {
            return Command.tryRun("birdc", "-s", socket(), "show", "protocols", "all")
                            .output()
                    + log();
        }
    }

    private static final class Frr extends RealPeer {
        Frr(Path folder) {
            super("FRR", "frr", folder);
        }

        @Override
        Map<String, String> lacks() {
            return Map.of();
        }

        @Override
        String config(@Nullable String password) {
            var config = new StringBuilder("""
                    frr defaults datacenter
                    log stdout debugging
                    debug bgp neighbor-events
                    router bgp 65000
                     bgp router-id 10.0.0.1
                     no bgp default ipv4-unicast
                     bgp graceful-restart
                     bgp graceful-restart restart-time 60
                     bgp graceful-restart preserve-fw-state
                     bgp cluster-id 10.0.0.1
                    """);
            var families = new StringBuilder();
            for (String client : CLIENTS) {
                config.append("""
                         neighbor %1$s remote-as 65000
                         neighbor %1$s passive
                         neighbor %1$s timers 3 9
                        """.formatted(client).indent(1));
                if (password != null) {
                    config.append(" neighbor " + client + " password " + password + "\n");
                }
            }
            for (String family : List.of("ipv4", "ipv6")) {
                families.append(" address-family " + family + " unicast\n");
                for (String client : CLIENTS) {
                    families.append("  neighbor " + client + " activate\n");
                    families.append("  neighbor " + client + " route-reflector-client\n");
                    families.append("  neighbor " + client + " addpath-tx-all-paths\n");
                }
                families.append(" exit-address-family\n");
            }
            return config.append(families).toString();
        }

        @Override
        List<String> command(Path config, boolean restarted) {
            return List.of(
                    "/usr/lib/frr/bgpd",
                    "-S",
                    "-Z",
                    "-f",
                    config.toString(),
                    "-i",
                    folder.resolve("pid").toString(),
                    "--vty_socket",
                    folder.toString(),
                    "-p",
                    "179",
                    "-l",
                    OWN,
                    "-P",
                    "0",
                    "--log",
                    "stdout");
        }

        private String vtysh(String command) {
            return Command.tryRun("vtysh", "--vty_socket", folder.toString(), "-c", command)
                    .output();
        }

        @Override
        void askForRefresh(String client) {
            vtysh("clear bgp ipv4 unicast " + client + " soft in");
        }

        @Override
        String view(String client) throws IOException {
            return vtysh("show bgp neighbors " + client) + log();
        }
    }

    private static final class Gobgp extends RealPeer {
        Gobgp(Path folder) {
            super("GoBGP", "gobgpd", folder);
        }

        @Override
        Map<String, String> lacks() {
            return Map.of(
                    InteropMatrix.EXTENDED_MESSAGES, "",
                    InteropMatrix.REFRESH_PEER, "its soft reset is from what it holds");
        }

        @Override
        String config(@Nullable String password) {
            var config = new StringBuilder("""
                    [global.config]
                    as = 65000
                    router-id = "10.0.0.1"
                    port = 179
                    local-address-list = ["10.0.0.1"]
                    """);
            for (String client : CLIENTS) {
                config.append("""
                        [[neighbors]]
                          [neighbors.config]
                            neighbor-address = "%s"
                            peer-as = 65000
                            %s
                          [neighbors.transport.config]
                            passive-mode = true
                            local-address = "10.0.0.1"
                          [neighbors.route-reflector.config]
                            route-reflector-client = true
                            route-reflector-cluster-id = "10.0.0.1"
                          [neighbors.graceful-restart.config]
                            enabled = true
                            restart-time = 60
                        """.formatted(client, password == null ? "" : "auth-password = \"" + password + "\""));
                for (String family : List.of("ipv4-unicast", "ipv6-unicast")) {
                    config.append("""
                              [[neighbors.afi-safis]]
                                [neighbors.afi-safis.config]
                                  afi-safi-name = "%s"
                                [neighbors.afi-safis.mp-graceful-restart.config]
                                  enabled = true
                                [neighbors.afi-safis.add-paths.config]
                                  receive = true
                                  send-max = 8
                            """.formatted(family));
                }
            }
            return config.toString();
        }

        @Override
        List<String> command(Path config, boolean restarted) {
            var words = new java.util.ArrayList<>(
                    List.of("gobgpd", "-f", config.toString(), "--api-hosts", "127.0.0.1:50051", "-l", "debug", "-p"));
            if (restarted) {
                words.add("-r");
            }
            return words;
        }

        @Override
        void askForRefresh(String client) {
            Command.run("gobgp", "neighbor", client, "softresetin");
        }

        @Override
        String view(String client) throws IOException {
            return Command.tryRun("gobgp", "neighbor", client).output() + log();
        }
    }

    private static final class OpenBgpd extends RealPeer {
        OpenBgpd(Path folder) {
            super("OpenBGPD", "openbgpd", folder);
        }

        @Override
        Map<String, String> lacks() {
            return Map.of(
                    InteropMatrix.EVPN, "",
                    InteropMatrix.EXTENDED_MESSAGES, "",
                    InteropMatrix.GR_PEER, "only as the receiving speaker");
        }

        @Override
        String config(@Nullable String password) {
            var config = new StringBuilder("""
                    AS 65000
                    router-id 10.0.0.1
                    listen on 10.0.0.1
                    socket "%s"
                    fib-update no
                    """.formatted(socket()));
            for (String client : CLIENTS) {
                config.append("""
                        neighbor %s {
                          remote-as 65000
                          passive
                          holdtime 9
                          route-reflector 10.0.0.1
                          announce IPv4 unicast
                          announce IPv6 unicast
                          announce restart yes
                          announce enhanced refresh yes
                          announce add-path recv yes
                          announce add-path send all
                          %s
                        }
                        """.formatted(client, password == null ? "" : "tcp md5sig password " + password));
            }
            return config.append("allow from any\nallow to any\n").toString();
        }

        private String socket() {
            return folder.resolve("ctl").toString();
        }

        @Override
        List<String> command(Path config, boolean restarted) {
            return List.of(
                    "sh", "-c", "mkdir -p /run/openbgpd; chmod 600 %1$s; exec bgpd -d -v -f %1$s".formatted(config));
        }

        @Override
        void askForRefresh(String client) {
            Command.run("bgpctl", "-s", socket(), "neighbor", client, "refresh");
        }

        @Override
        String view(String client) throws IOException {
            return Command.tryRun("bgpctl", "-s", socket(), "show", "neighbor", client)
                            .output()
                    + log();
        }
    }
}
