package slash32.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.lab.runner.ImageMap;
import slash32.testkit.Command;

/// packaging/Dockerfile, as far as it can be held to its word without a container engine.
@Tag("interop")
class ImageTest {
    private static final Path CHECKOUT = Path.of("..");
    private static final Pattern COPY = Pattern.compile("COPY (?!--)(.*) (/\\S+/)");
    private static final Pattern INSTALL = Pattern.compile("apt-get install (.*?) && ");
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

    @TempDir
    Path image;

    private final List<String> dockerfile;

    ImageTest() throws IOException {
        dockerfile = Files.readAllLines(CHECKOUT.resolve("packaging/Dockerfile"));
    }

    /// A tree with nothing but what is copied runs.
    @Test
    void whatIsCopiedIsAllThatTheProgramNeeds() throws IOException {
        Assumptions.assumeTrue(
                Files.isDirectory(CHECKOUT.resolve("lab/target/lib")) || "true".equals(System.getenv("CI")),
                "needs `make build`");
        for (Copied copied : copied()) {
            copy(
                    CHECKOUT.resolve(copied.source()),
                    image.resolve(copied.folder().substring(1)));
        }
        String launcher = image.resolve("opt/slash32/bin/slash32").toString();
        assertThat(Command.run(launcher, "--version")).startsWith("slash32 ");
        assertThat(Command.run(launcher, "lab", "check", "topologies/demo/demo.clab.yml"))
                .endsWith("demo.clab.yml: accepted\n");
    }

    /// The packages are there by these names, and go together.
    @Test
    void whatIsInstalledIsInDebian() {
        String steps = String.join(" ", dockerfile).replace('\\', ' ');
        Matcher install = INSTALL.matcher(steps);
        assertThat(install.find()).isTrue();
        List<String> words = List.of(install.group(1).trim().split("\\s+", -1));
        assertThat(words).contains("nftables", "iproute2");
        var command = new ArrayList<>(List.of("apt-get", "--simulate", "install"));
        command.addAll(words);
        Command.run(command.toArray(String[]::new));
    }

    /// As docker does: a file goes into the folder, a folder's content too.
    private static void copy(Path source, Path folder) throws IOException {
        Path base = Files.isDirectory(source) ? source : Objects.requireNonNull(source.getParent());
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path target = folder.resolve(base.relativize(file));
                Files.createDirectories(Objects.requireNonNull(target.getParent()));
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /// In a container the node runs what it runs here.
    @Test
    void runsTheCommandThatStandsForItHere() throws IOException {
        String cmd = dockerfile.stream()
                .filter(line -> line.startsWith("CMD "))
                .findFirst()
                .orElseThrow();
        List<String> words =
                QUOTED.matcher(cmd).results().map(word -> word.group(1)).toList();
        ImageMap.NativeImage here = ImageMap.read(null, "slash32").find("ghcr.io/slash32/slash32:latest");
        assertThat(words).isEqualTo(Objects.requireNonNull(here).cmd());
    }

    /// What is copied is not kept from the engine.
    @Test
    void theContextHasWhatIsCopied() throws IOException {
        List<String> context;
        try (Stream<String> lines = Files.lines(CHECKOUT.resolve("packaging/Dockerfile.dockerignore"))) {
            context = lines.filter(line -> line.startsWith("!"))
                    .map(line -> line.substring(1))
                    .toList();
        }
        assertThat(context)
                .containsExactlyElementsOf(copied().stream().map(Copied::source).toList());
    }

    /// A file or folder of the checkout, and the image's folder that it goes into.
    private record Copied(String source, String folder) {}

    private List<Copied> copied() {
        var copied = new ArrayList<Copied>();
        for (String line : dockerfile) {
            Matcher copy = COPY.matcher(line);
            if (copy.matches()) {
                for (String source : copy.group(1).split(" ", -1)) {
                    copied.add(new Copied(source, copy.group(2)));
                }
            }
        }
        assertThat(copied).isNotEmpty();
        return copied;
    }
}
