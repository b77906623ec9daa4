package slash32.bgp.speaker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.testkit.Command;

/// A BGP speaker of another make as a route reflector on 10.0.0.1 with clients from 10.0.0.11 on, which dial it.
abstract class RealPeer {
    static final String OWN = "10.0.0.1";
    private static final List<String> CLIENTS = List.of("10.0.0.11", "10.0.0.12", "10.0.0.13");

    private final String name;
    private final String debianPackage;
    final Path folder;
    /// One that is configured and away would be waited for after a restart.
    private int clients = 2;

    private boolean evpn;
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

    /// How many clients it has from its next start on, 2 or 3.
    void setClients(int number) {
        clients = number;
    }

    /// Whether it speaks EVPN from its next start on, and then nothing else.
    void setEvpn(boolean alone) {
        evpn = alone;
    }

    boolean evpn() {
        return evpn;
    }

    /// Has it announce EVPN routes of types 2, 3 and 5, as far as it has any of its own.
    ///
    /// @return the types
    List<Integer> announceEvpn() throws IOException {
        throw new UnsupportedOperationException(name + " has no EVPN");
    }

    /// Why {@link #announceEvpn} announces none.
    String whyNoEvpnOfItsOwn() {
        throw new UnsupportedOperationException(name + " has some, or no EVPN");
    }

    /// The EVPN routes that it shows.
    String evpnView() throws IOException {
        throw new UnsupportedOperationException(name + " has no EVPN");
    }

    List<String> clients() {
        return CLIENTS.subList(0, clients);
    }

    /// Of the package that is installed; empty if it is not.
    String version() {
        Command.Outcome outcome = Command.tryRun("dpkg-query", "-W", "-f", "${Version}", debianPackage);
        return outcome.exitCode() == 0 ? outcome.output() : "";
    }

    /// Why a feature can't be had of this peer, if the peer itself shows it.
    ///
    /// @param verdict for the table
    /// @param shown in what the peer shows or logs, or in what it says of a configuration
    /// @param why for the reader of the table
    record Excuse(String verdict, Pattern shown, String why) {
        static final String LACKS = "peer lacks it";
        static final String FAULT = "peer's fault";
    }

    /// What excuses a feature that fails; by feature.
    abstract Map<String, Excuse> excuses();

    /// Lines of a neighbour's configuration that would ask for a feature which this peer may not know; by feature.
    Map<String, String> asking() {
        return Map.of();
    }

    /// What the peer says of a configuration with this line in its neighbours; empty if it takes it.
    String refusal(String line) throws IOException {
        throw new UnsupportedOperationException(name + " is asked for nothing, was for " + line);
    }

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
        Map<String, Excuse> excuses() {
            return Map.of();
        }

        @Override
        Map<String, String> asking() {
            return Map.of(InteropColumn.EVPN, "evpn { import all; };");
        }

        @Override
        String refusal(String line) throws IOException {
            Files.createDirectories(folder);
            String text = config(null).replace("hold time 9;", line + " hold time 9;");
            Path asked = Files.writeString(folder.resolve("asked.conf"), text);
            Command.Outcome outcome = Command.tryRun("bird", "-p", "-c", asked.toString());
            return outcome.exitCode() == 0 ? "" : outcome.output();
        }

        @Override
        String config(@Nullable String password) {
            var config = new StringBuilder("router id 10.0.0.1;\nlog stderr all;\nprotocol device {}\n");
            for (String client : clients()) {
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
        Map<String, Excuse> excuses() {
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
            for (String client : clients()) {
                config.append("""
                         neighbor %1$s remote-as 65000
                         neighbor %1$s passive
                         neighbor %1$s timers 3 9
                        """.formatted(client).indent(1));
                if (password != null) {
                    config.append(" neighbor " + client + " password " + password + "\n");
                }
            }
            if (evpn()) {
                return config.append(" address-family l2vpn evpn\n")
                        .append(clients().stream()
                                .map(client -> "  neighbor %1$s activate\n  neighbor %1$s route-reflector-client\n"
                                        .formatted(client))
                                .collect(Collectors.joining()))
                        .append("""
                                 exit-address-family
                                """)
                        .toString();
            }
            for (String family : List.of("ipv4", "ipv6")) {
                families.append(" address-family " + family + " unicast\n");
                for (String client : clients()) {
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

        @Override
        List<Integer> announceEvpn() {
            return List.of();
        }

        /// In one namespace zebra would take our addresses for its own, and bgpd then refuse our routes.
        @Override
        String whyNoEvpnOfItsOwn() {
            return "its own are of VNIs that zebra finds in the kernel, and are measured by FrrVtepInteropTest";
        }

        @Override
        String evpnView() {
            return vtysh("show bgp l2vpn evpn route");
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
        Map<String, Excuse> excuses() {
            return Map.of(
                    InteropColumn.REFRESH_PEER,
                    new Excuse(
                            Excuse.LACKS,
                            Pattern.compile("Route Refresh: +0 +[0-9]+"),
                            "after `softresetin`, its only command for it, it counts no ROUTE-REFRESH sent: it takes anew "
                                    + "what it holds"));
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
            for (String client : clients()) {
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
                for (String family : evpn() ? List.of("l2vpn-evpn") : List.of("ipv4-unicast", "ipv6-unicast")) {
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
        List<Integer> announceEvpn() {
            for (String route : List.of(
                    "macadv aa:bb:cc:00:00:01 10.5.0.1 etag 0 label 100 rd 10.0.0.1:100 rt 65000:100 encap vxlan",
                    "multicast 10.0.0.1 etag 0 rd 10.0.0.1:100 rt 65000:100 encap vxlan pmsi ingress-repl 100 10.0.0.1",
                    "prefix 10.6.0.0/24 etag 0 label 300 rd 10.0.0.1:300 rt 65000:100 encap vxlan")) {
                Command.run(("gobgp global rib -a evpn add " + route).split(" "));
            }
            return List.of(2, 3, 5);
        }

        @Override
        String evpnView() {
            return Command.tryRun("gobgp", "global", "rib", "-a", "evpn").output();
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
        Map<String, Excuse> excuses() {
            return Map.of(
                    InteropColumn.REFRESH_US,
                    new Excuse(
                            Excuse.FAULT,
                            Pattern.compile("route refresh: AID IPv4 unicast not negotiated"),
                            "it refuses each request for a family that was negotiated; the check is the wrong way round "
                                    + "(openbgpd-portable issue 46, fixed after 7.7)"));
        }

        @Override
        Map<String, String> asking() {
            return Map.of(
                    InteropColumn.EVPN, "announce EVPN", InteropColumn.EXTENDED_MESSAGES, "announce extended yes");
        }

        @Override
        String refusal(String line) throws IOException {
            Files.createDirectories(folder);
            String text = config(null).replace("holdtime 9", line + "\n  holdtime 9");
            Path asked = Files.writeString(folder.resolve("asked.conf"), text);
            Command.Outcome outcome =
                    Command.tryRun("sh", "-c", "chmod 600 %1$s; bgpd -n -f %1$s 2>&1".formatted(asked));
            return outcome.exitCode() == 0 ? "" : outcome.output();
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
            for (String client : clients()) {
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
