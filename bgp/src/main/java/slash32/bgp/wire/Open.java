package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import slash32.net.Asn;

/// OPEN (RFC 4271 §4.2). Well-formed, not necessarily acceptable: that is for the session to judge.
///
/// @param twoOctetAs My Autonomous System, 0 to 65535; AS_TRANS for a number that does not fit
/// @param holdTimeSeconds 0 to 65535
public record Open(int twoOctetAs, int holdTimeSeconds, BgpIdentifier identifier, List<Capability> capabilities)
        implements Message {
    public Open {
        if (twoOctetAs >>> 16 != 0 || holdTimeSeconds >>> 16 != 0) {
            throw new IllegalArgumentException(
                    "AS and hold time of OPEN are two octets, were " + twoOctetAs + ", " + holdTimeSeconds);
        }
        capabilities = List.copyOf(capabilities);
    }

    /// An OPEN of ours: {@code capabilities} with the four-octet AS capability added (RFC 6793 §3).
    public static Open of(Asn asn, int holdTimeSeconds, BgpIdentifier identifier, List<Capability> capabilities) {
        var all = new ArrayList<>(capabilities);
        all.add(new Capability.FourOctetAs(asn.value()));
        int twoOctets = (int) (asn.fitsTwoOctets() ? asn : Asn.TRANS).value();
        return new Open(twoOctets, holdTimeSeconds, identifier, all);
    }

    /// The speaker's AS number, which is zero if it says so: the capability's where there is one (RFC 6793 §4.1).
    public long asn() {
        return capability(Capability.FourOctetAs.class)
                .map(Capability.FourOctetAs::asn)
                .orElse((long) twoOctetAs);
    }

    /// The families of the multiprotocol capabilities; IPv4 unicast alone for a speaker that has none (RFC 4760 §8).
    public Set<AddressFamily> families() {
        var families = new LinkedHashSet<AddressFamily>();
        for (Capability capability : capabilities) {
            if (capability instanceof Capability.MultiProtocol(AddressFamily family)) {
                families.add(family);
            }
        }
        return families.isEmpty() ? Set.of(AddressFamily.IPV4_UNICAST) : families;
    }

    /// The last capability of this kind: a repeated one replaces the former (RFC 4724 §3).
    public <T extends Capability> Optional<T> capability(Class<T> kind) {
        return capabilities.reversed().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst();
    }
}
