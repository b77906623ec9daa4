package slash32.agent.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The commands that show a page of a running agent, one class each.
final class Asking {
    private Asking() {}

    @Command(name = "status", description = "Shows the node as a whole.")
    static final class Status implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        @Option(names = "--memory", description = "What its memory is used for instead.")
        private boolean memory;

        Status(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.show(memory ? "/v1/memory" : "/v1/status", console);
        }
    }

    @Command(name = "peers", description = "Shows the BGP peers.")
    static final class Peers implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        Peers(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.show("/v1/peers", console);
        }
    }

    @Command(name = "routes", description = "Shows the best routes, and whether the kernel has them.")
    static final class Routes implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        @Parameters(arity = "0..1", paramLabel = "PREFIX", description = "Only this prefix and those in it.")
        private @Nullable String prefix;

        @Option(names = "--evpn", description = "The routes of EVPN instead, our own too.")
        private boolean evpn;

        Routes(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            if (evpn && prefix != null) {
                console.complain("--evpn shows all of them, not those in a prefix");
                return ExitCode.USAGE;
            }
            return evpn
                    ? connection.show("/v1/evpn", console)
                    : connection.show("/v1/routes" + (prefix == null ? "" : "?prefix=" + encoded(prefix)), console);
        }
    }

    @Command(name = "endpoints", description = "Shows the endpoints of this host, and what keeps them from working.")
    static final class Endpoints implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        @Parameters(arity = "0..1", paramLabel = "ID", description = "Only this endpoint.")
        private @Nullable String id;

        Endpoints(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.show("/v1/endpoints" + (id == null ? "" : "/" + encoded(id)), console);
        }
    }

    @Command(name = "groups", description = "Shows the security groups stated here.")
    static final class Groups implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        @Parameters(arity = "0..1", paramLabel = "ID", description = "Only this group.")
        private @Nullable String id;

        @Option(names = "--counters", description = "What each rule of the group let pass, from the kernel.")
        private boolean counters;

        Groups(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            if (counters && id == null) {
                console.complain("--counters needs a group");
                return ExitCode.USAGE;
            }
            return connection.show(
                    "/v1/groups" + (id == null ? "" : "/" + encoded(id)) + (counters ? "/counters" : ""), console);
        }
    }

    @Command(name = "segments", description = "Shows the Layer 2 segments of this host, and where their MACs are.")
    static final class Segments implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        Segments(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.show("/v1/segments", console);
        }
    }

    @Command(name = "sas", description = "Shows the keys with nodes of other sites, and what passed on them.")
    static final class Sas implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        Sas(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.show("/v1/sas", console);
        }
    }

    @Command(name = "paths", description = "Shows whether packets of full size reach the nodes of overlays.")
    static final class Paths implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        Paths(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.show("/v1/paths", console);
        }
    }

    @Command(name = "events", description = "Shows what happened lately: conditions, sessions.")
    static final class Events implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        @Option(names = "--follow", description = "Show what happens from now on, until interrupted.")
        private boolean follow;

        Events(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            return connection.follow(follow ? "/v1/watch" : "/v1/watch?follow=false", console);
        }
    }

    @Command(name = "drops", description = "Shows some of the packets that were dropped lately, and why.")
    static final class Drops implements Callable<Integer> {
        private final Console console;

        @Mixin
        private final Connection connection = new Connection();

        @Option(names = "--follow", description = "Show what is dropped from now on, until interrupted.")
        private boolean follow;

        @Option(names = "--endpoint", paramLabel = "ID", description = "Only from and to this endpoint.")
        private @Nullable String endpoint;

        Drops(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            String of = endpoint == null ? "" : "&endpoint=" + encoded(endpoint);
            return connection.follow("/v1/drops?follow=" + follow + of, console);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
