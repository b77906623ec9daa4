package slash32.bgp.speaker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;

/// ExaBGP, which dials 10.0.0.11 and passes nothing on: it announces what its configuration says, and a helper process
/// writes down what it hears.
final class Exabgp extends RealPeer {
    static final int FIRST_OF_MANY = 0x0c00_0000;

    private final int many;

    /// A peer that announces two routes and {@code many} others.
    Exabgp(Path folder, int many) {
        super("ExaBGP", "exabgp", folder);
        this.many = many;
    }

    @Override
    Map<String, Excuse> excuses() {
        return Map.of();
    }

    @Override
    String config(@Nullable String password) {
        return """
                process listener { run %s; encoder json; }
                neighbor 10.0.0.11 {
                  router-id 10.0.0.1;
                  local-address 10.0.0.1;
                  local-as 65000;
                  peer-as 65000;
                  connect 1790;
                  hold-time 9;
                  %s
                  family { %s }
                  capability { graceful-restart 60; route-refresh enable; add-path send/receive; asn4 enable; }
                  api { processes [ listener ]; neighbor-changes; receive { %s parsed; update; notification; } }
                  %s
                }
                """.formatted(
                        folder.resolve("listener"),
                        password == null ? "" : "md5-password '" + password + "';",
                        evpn() ? "l2vpn evpn;" : "ipv4 unicast; ipv6 unicast;",
                        many == 0 ? "packets;" : "",
                        evpn() ? "" : routes());
    }

    private String routes() {
        String others = IntStream.range(0, many)
                .mapToObj(
                        host -> "route " + new Ipv4Address(FIRST_OF_MANY + host).hostPrefix() + " next-hop 10.0.0.50;")
                .collect(Collectors.joining("\n"));
        return """
                static {
                    route 10.9.0.1/32 next-hop 10.0.0.50 large-community [ 65000:1:1 4200000000:2:42 ];
                    route 2001:db8:9::1/128 next-hop 2001:db8::50;
                    route 10.9.0.4/32 next-hop 10.0.0.51 path-information 0.0.0.1;
                    route 10.9.0.4/32 next-hop 10.0.0.52 path-information 0.0.0.2;
                    %s
                  }""".formatted(others);
    }

    @Override
    void start(@Nullable String password) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("heard"), "");
        Files.writeString(folder.resolve("say"), "");
        Path listener = Files.writeString(
                folder.resolve("listener"),
                "#!/bin/sh\ncd %s\ntail -n +1 -f say &\nexec cat >> heard\n".formatted(folder));
        if (!listener.toFile().setExecutable(true)) {
            throw new IOException("make " + listener + " executable");
        }
        super.start(password);
    }

    @Override
    List<String> command(Path config, boolean restarted) {
        return List.of(
                "env",
                "exabgp.daemon.user=root",
                "exabgp.log.destination=stdout",
                "exabgp.log.level=INFO",
                "exabgp.api.ack=false",
                "exabgp.cache.nexthops=false",
                "exabgp",
                config.toString());
    }

    @Override
    List<Integer> announceEvpn() {
        return List.of();
    }

    @Override
    String whyNoEvpnOfItsOwn() {
        return "its configuration and its commands have no words for routes of its own";
    }

    @Override
    String evpnView() throws IOException {
        return heard();
    }

    @Override
    void askForRefresh(String client) {
        try {
            Files.writeString(
                    folder.resolve("say"), "announce route-refresh ipv4 unicast\n", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// What the helper process was told.
    String heard() throws IOException {
        return Files.readString(folder.resolve("heard"));
    }

    @Override
    String view(String client) throws IOException {
        return heard() + log();
    }
}
