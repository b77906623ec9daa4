package slash32.lab.runner;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Interfaces of a lab, made and asked for by ip(8).
final class Devices {
    private Devices() {}

    /// One end of a veth.
    ///
    /// @param namespace a name in `ip netns`; null for the host's
    record End(@Nullable String namespace, String device, String mac) {}

    /// Makes a veth with both ends where they belong, so that their names collide with nothing on the way, and up.
    static void addVeth(End a, End b, int mtuBytes) throws IOException {
        var words = new ArrayList<>(List.of("ip", "link", "add"));
        end(words, a, mtuBytes);
        words.addAll(List.of("type", "veth", "peer"));
        end(words, b, mtuBytes);
        HostCommand.run(words.toArray(String[]::new));
        setUp(a.namespace(), a.device());
        setUp(b.namespace(), b.device());
    }

    private static void end(List<String> words, End end, int mtuBytes) {
        words.addAll(List.of("name", end.device(), "mtu", "" + mtuBytes, "address", end.mac()));
        if (end.namespace() != null) {
            words.addAll(List.of("netns", end.namespace()));
        }
    }

    /// Makes an interface with nothing at the other end. A kernel without dummy devices has ifb, which also is
    /// always up and swallows what it gets.
    static void addDummy(String namespace, String device, String mac, int mtuBytes) throws IOException {
        for (String type : new String[] {"dummy", "ifb"}) {
            if (HostCommand.succeeds(
                    "ip",
                    "-n",
                    namespace,
                    "link",
                    "add",
                    "name",
                    device,
                    "mtu",
                    "" + mtuBytes,
                    "address",
                    mac,
                    "type",
                    type)) {
                setUp(namespace, device);
                return;
            }
        }
        throw new LabException("this kernel has neither dummy nor ifb devices, for " + device + " in " + namespace);
    }

    static void addBridge(@Nullable String namespace, String device) throws IOException {
        HostCommand.run(in(namespace, "link", "add", "name", device, "type", "bridge"));
        setUp(namespace, device);
    }

    static void setMaster(@Nullable String namespace, String device, String bridge) throws IOException {
        HostCommand.run(in(namespace, "link", "set", "dev", device, "master", bridge));
    }

    static void setUp(@Nullable String namespace, String device) throws IOException {
        HostCommand.run(in(namespace, "link", "set", "dev", device, "up"));
    }

    static boolean exists(@Nullable String namespace, String device) throws IOException {
        return HostCommand.succeeds(in(namespace, "link", "show", "dev", device));
    }

    /// Deletes an interface if it is there.
    static void delete(@Nullable String namespace, String device) throws IOException {
        // One whose other end's namespace has just gone may go by itself meanwhile.
        if (!HostCommand.succeeds(in(namespace, "link", "delete", "dev", device)) && exists(namespace, device)) {
            throw new LabException("interface " + device + " could not be deleted");
        }
    }

    private static String[] in(@Nullable String namespace, String... words) {
        var line = new ArrayList<>(List.of("ip"));
        if (namespace != null) {
            line.addAll(List.of("-n", namespace));
        }
        line.addAll(List.of(words));
        return line.toArray(String[]::new);
    }

    /// A MAC in upstream's range, always the same for the same text.
    static String mac(String text) {
        String hash = hash(text, 6);
        return "aa:c1:ab:" + hash.substring(0, 2) + ":" + hash.substring(2, 4) + ":" + hash.substring(4);
    }

    /// The first hexadecimal digits of a hash of {@code text}.
    static String hash(String text, int digits) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, digits);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
