package slash32.overlay.esp.path;

import slash32.testkit.Command;

/// What a NAT does to the port 4500 of whoever is in a namespace, by nftables there.
public final class Nat {
    private Nat() {}

    /// Seen from outside the namespace has {@code port} in place of 4500 from now on, and no other.
    public static void translate(String netns, int port) {
        String rules = """
                table ip translation
                delete table ip translation
                table ip translation {
                  chain leave { type filter hook output priority 0; udp sport 4500 udp sport set %1$d; }
                  chain enter { type filter hook prerouting priority -300; udp dport 4500 drop; udp dport %1$d udp dport set 4500; }
                }
                """.formatted(port);
        Command.run("ip", "netns", "exec", netns, "sh", "-c", "nft -f - <<'END'\n" + rules + "END\n");
    }
}
