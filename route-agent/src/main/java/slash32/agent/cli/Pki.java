package slash32.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import slash32.net.IpAddress;
import slash32.overlay.pki.AuthorityFolder;
import slash32.overlay.pki.NodeFolder;

/// `slash32 pki`: an authority in a folder, for labs and small fabrics (docs/pki.md).
@Command(name = "pki", description = "Certificates of nodes, from an authority of files.")
final class Pki {
    private Pki() {}

    static CommandLine commandLine(Console console) {
        return new CommandLine(new Pki())
                .addSubcommand(new Init(console))
                .addSubcommand(new Issue(console))
                .addSubcommand(new Renew(console))
                .addSubcommand(new Revoke(console));
    }

    /// What all of them have in common.
    private abstract static class Step implements Callable<Integer> {
        private final Console console;

        @Parameters(index = "0", paramLabel = "FOLDER", description = "Of the authority.")
        private Path folder = Path.of("");

        Step(Console console) {
            this.console = console;
        }

        @Override
        public final Integer call() {
            try {
                console.out().println(run(folder, Instant.now(), new SecureRandom()));
                return ExitCode.OK;
            } catch (IOException e) {
                console.complain(String.valueOf(e.getMessage()));
                return ExitCode.SOFTWARE;
            }
        }

        /// @return what was done
        abstract String run(Path folder, Instant now, SecureRandom random) throws IOException;
    }

    @Command(name = "init", description = "Makes an authority.")
    private static final class Init extends Step {
        @Option(names = "--name", description = "Of the authority; ${DEFAULT-VALUE} by default.")
        private String name = "slash32";

        @Option(names = "--days", paramLabel = "N", description = "Until its end; ${DEFAULT-VALUE} by default.")
        private int days = 3_650;

        @Option(
                names = "--next",
                description = "Makes one that signs from now on, besides the one that is there: both are trusted.")
        private boolean next;

        Init(Console console) {
            super(console);
        }

        @Override
        String run(Path folder, Instant now, SecureRandom random) throws IOException {
            AuthorityFolder.create(folder, name, now, Duration.ofDays(days), next, random);
            return "authority " + name + " in " + folder + " until " + now.plus(Duration.ofDays(days));
        }
    }

    private static final class AddressConverter implements ITypeConverter<IpAddress> {
        @Override
        public IpAddress convert(String text) {
            try {
                return IpAddress.parse(text);
            } catch (IllegalArgumentException _) {
                throw new TypeConversionException("no address: " + text);
            }
        }
    }

    /// What a certificate is made with.
    private abstract static class Making extends Step {
        @Parameters(index = "1", paramLabel = "NODE", description = "The node's name, as its peers know it.")
        private String node = "";

        @Option(
                names = "--out",
                required = true,
                paramLabel = "FOLDER",
                description = "Where the node's files go: node.pem, node.key, ca.pem, revoked.pem.")
        private Path out = Path.of("");

        @Option(names = "--days", paramLabel = "N", description = "Until its end; ${DEFAULT-VALUE} by default.")
        private int days = 90;

        Making(Console console) {
            super(console);
        }

        @Override
        final String run(Path folder, Instant now, SecureRandom random) throws IOException {
            AuthorityFolder authority = AuthorityFolder.read(folder, random);
            Instant end = make(authority, node, now, Duration.ofDays(days), new NodeFolder(out));
            return "certificate of " + node + " in " + out + " until " + end;
        }

        abstract Instant make(AuthorityFolder authority, String node, Instant now, Duration life, NodeFolder to)
                throws IOException;
    }

    @Command(name = "issue", description = "Makes a key and a certificate for a node.")
    private static final class Issue extends Making {
        @Option(
                names = "--address",
                required = true,
                paramLabel = "ADDRESS",
                converter = AddressConverter.class,
                description = "The node's underlay address; may be repeated.")
        private final List<IpAddress> addresses = new ArrayList<>();

        Issue(Console console) {
            super(console);
        }

        @Override
        Instant make(AuthorityFolder authority, String node, Instant now, Duration life, NodeFolder to)
                throws IOException {
            return authority.issue(node, addresses, now, life, to);
        }
    }

    @Command(name = "renew", description = "Makes a new key and certificate with what was issued to a node last.")
    private static final class Renew extends Making {
        Renew(Console console) {
            super(console);
        }

        @Override
        Instant make(AuthorityFolder authority, String node, Instant now, Duration life, NodeFolder to)
                throws IOException {
            return authority.renew(node, now, life, to);
        }
    }

    @Command(name = "revoke", description = "Adds what was issued to a node last to revoked.pem.")
    private static final class Revoke extends Step {
        @Parameters(index = "1", paramLabel = "NODE", description = "The node's name.")
        private String node = "";

        Revoke(Console console) {
            super(console);
        }

        @Override
        String run(Path folder, Instant now, SecureRandom random) throws IOException {
            AuthorityFolder.read(folder, random).revoke(node, now);
            return "certificate of " + node + " revoked: give " + folder.resolve("revoked.pem") + " to all nodes";
        }
    }
}
