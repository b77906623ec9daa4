package slash32.agent.cni;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;

/// One interface of one container in one network: what CNI has as the key of all state. Ours is in its names, so that
/// there is nothing to store.
record Attachment(String network, String containerId, String ifname) {

    /// What the ids of all endpoints of a network begin with.
    static String idPrefix(String network) {
        return "cni-" + hash(network).substring(0, 8) + "-";
    }

    String endpointId() {
        return idPrefix(network) + digest().substring(0, 24);
    }

    /// The host's end.
    InterfaceName device() {
        return new InterfaceName("cni" + digest().substring(0, 12));
    }

    /// Locally administered.
    MacAddress mac() {
        return MacAddress.parse("0a:" + digest().substring(0, 10).replaceAll("(..)(?!$)", "$1:"));
    }

    private String digest() {
        return hash(network + "/" + containerId + "/" + ifname);
    }

    private static String hash(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
