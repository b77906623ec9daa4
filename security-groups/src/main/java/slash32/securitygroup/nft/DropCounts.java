package slash32.securitygroup.nft;

/// How many packets of one interface were dropped, and why; since its rules were first in force.
///
/// @param spoofed sent under another's MAC or address, ARP included
/// @param toHost sent to the host, and not for one of the gateway's services
/// @param fromGuest sent, and not allowed by its groups
/// @param toGuest sent to it, and not allowed by its groups
public record DropCounts(long spoofed, long toHost, long fromGuest, long toGuest) {
    static final DropCounts ZERO = new DropCounts(0, 0, 0, 0);

    DropCounts plus(DropCounts other) {
        return new DropCounts(
                spoofed + other.spoofed, toHost + other.toHost, fromGuest + other.fromGuest, toGuest + other.toGuest);
    }
}
