package slash32.lab.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.testkit.Requirement;

class CheckCommandTest {
    /// Every public topology in reach, and all that is refused of it; what is merely missing on this host is no
    /// refusal.
    private static final Map<String, List<String>> PUBLIC = Map.ofEntries(
            Map.entry("cilium-bgp-cplane-dev-v4.topo.yml", List.of()),
            Map.entry("containerlab-01-linux-nodes.clab.yml", List.of()),
            Map.entry("containerlab-03-bridge-and-host.clab.yml", List.of()),
            Map.entry("containerlab-24-bridge-in-ns.clab.yml", List.of()),
            Map.entry("containerlab-frr01.clab.yml", List.of()),
            Map.entry(
                    "containerlab-srlfrr01.clab.yml",
                    List.of(
                            "6:13: error: topology.nodes.srl.kind: kind nokia_srlinux runs a vendor's image, which needs"
                                    + " a container engine; use kind linux with an image that native.yml maps to host programs,"
                                    + " such as bird or gobgp")),
            Map.entry("containerlab-stages.clab.yml", List.of()),
            Map.entry(
                    "containerlab-vxlan-stitch-linux.clab.yml",
                    List.of(
                            "69:13: error: topology.links[0].type: vxlan-stitch leaves the host; put both ends in nodes"
                                    + " of this lab and make the VXLAN device in exec",
                            "79:13: error: topology.links[1].type: vxlan-stitch leaves the host; put both ends in nodes"
                                    + " of this lab and make the VXLAN device in exec")),
            Map.entry("martimy-vxlan-evpn.clab.yml", List.of()),
            Map.entry("martimy-vxlan-ptp.clab.yml", List.of()),
            Map.entry("rustbgpd-m0-bird.clab.yml", List.of()),
            Map.entry("rustbgpd-m14-rr-frr.clab.yml", List.of()));

    private final StringWriter said = new StringWriter();

    @TempDir
    Path folder;

    @Test
    void saysOfEveryPublicTopologyWhatIsRefused() throws IOException {
        Requirement.program("ip", "iproute2");
        Path all = Requirement.shared("reference/clab-topologies");
        var refusals = new TreeMap<String, List<String>>();
        try (Stream<Path> files = Files.list(all)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yml")).toList()) {
                refusals.put(String.valueOf(file.getFileName()), refusals(file));
            }
        }
        assertThat(refusals).isEqualTo(new TreeMap<>(PUBLIC));
    }

    /// What the command refuses of {@code file}, without the file's name; its exit code and its last line say the
    /// same.
    private List<String> refusals(Path file) {
        said.getBuffer().setLength(0);
        int exitCode = check(file);
        List<String> lines = said.toString().lines().toList();
        List<String> errors = lines.stream()
                .filter(line -> line.contains(": error: "))
                .map(line -> line.substring(file.toString().length() + 1))
                .toList();
        assertThat(exitCode).isEqualTo(errors.isEmpty() ? 0 : 1);
        assertThat(lines.getLast()).isEqualTo(file + (errors.isEmpty() ? ": accepted" : ": refused"));
        return errors;
    }

    @Test
    void oneFileThatIsNotThereHidesNoOther() throws IOException {
        Path missing = folder.resolve("missing.clab.yml");
        Path fine = Files.writeString(
                folder.resolve("fine.clab.yml"),
                "name: fine\ntopology:\n  nodes:\n    a: {kind: linux, image: alpine, network-mode: none}\n");
        assertThat(check(missing, fine)).isEqualTo(1);
        assertThat(said.toString().lines())
                .containsExactly(
                        missing + ":1:1: error: there is no such file", missing + ": refused", fine + ": accepted");
    }

    private int check(Path... files) {
        String[] words = Stream.concat(Stream.of("check"), Stream.of(files).map(Path::toString))
                .toArray(String[]::new);
        return LabCommand.commandLine().setOut(new PrintWriter(said, true)).execute(words);
    }
}
