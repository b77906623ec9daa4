package slash32.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// What a test needs of the machine. Missing: the test is aborted with the reason, or fails where {@code CI=true}.
public final class Requirement {
    private static final boolean CI = "true".equals(System.getenv("CI"));
    private static final List<String> SEARCH = List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin");

    private Requirement() {}

    /// Root in the initial user namespace, for network namespaces.
    public static void root() {
        require("root".equals(System.getProperty("user.name")), "needs root");
    }

    /// A program that Debian's {@code debianPackage} installs.
    public static void program(String name, String debianPackage) {
        boolean found = SEARCH.stream().anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
        require(found, "needs " + name + " (apt-get install " + debianPackage + ")");
    }

    /// A file or folder of the third-party data beside the checkout, which is never committed.
    public static Path shared(String relative) {
        Path path = Path.of(System.getProperty("slash32.shared", "../shared"), relative);
        require(Files.exists(path), "needs third-party data ../shared/" + relative + ", which is not in this checkout");
        return path;
    }

    private static void require(boolean met, String otherwise) {
        if (!met && CI) {
            throw new AssertionError(otherwise);
        }
        Assumptions.assumeTrue(met, otherwise);
    }

    /// The lines of a file of {@link #shared}.
    public static Stream<String> sharedLines(String relative) {
        try {
            return Files.readAllLines(shared(relative)).stream();
        } catch (java.io.IOException e) {
            throw new AssertionError("reading ../shared/" + relative, e);
        }
    }
}
