package slash32.lab.runner;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where this program is installed: what nodes need of it.
///
/// @param launcher `bin/slash32`
/// @param home the folder with `bin` and the class path
/// @param javaHome of the Java that runs this
public record Installation(Path launcher, Path home, Path javaHome) {
    /// Of the running program: its jar is in `lab/target/lib`, or its classes in `lab/target/classes`.
    public static Installation find() {
        try {
            Path code = Path.of(Installation.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path folder = Files.isDirectory(code) ? code : code.resolveSibling("");
            Path home = folder.toAbsolutePath().resolve("../../..").normalize();
            return new Installation(home.resolve("bin/slash32"), home, Path.of(System.getProperty("java.home")));
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the class path isn't on a file system", e);
        }
    }
}
