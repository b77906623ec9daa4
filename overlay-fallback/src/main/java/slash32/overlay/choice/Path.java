package slash32.overlay.choice;

import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;

/// How packets reach a next hop.
public sealed interface Path {
    /// Over the underlay as they are: both ends are in one site.
    record Native() implements Path {}

    /// Over the encrypted overlay: the other end is in another site.
    ///
    /// @param node the underlay address of the other end, which it has to prove
    /// @param external where other sites reach it
    /// @param site that it is in
    /// @param carriage what guests' packets are put into before
    record Encrypted(Ipv4Address node, Ipv4Address external, SiteId site, Carriage carriage) implements Path {}

    /// Not at all. Packets are dropped here rather than sent in the clear.
    record Refused(Reason reason) implements Path {}

    /// Why a next hop gets no packets.
    enum Reason {
        OTHER_SITE("in another site, which only an encrypted overlay may reach"),
        SITE_UNKNOWN("no node route says its site"),
        /// Of frames alone.
        NOT_SERVED("in a site that the segment's overlay rule is not for");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /// For people; the next hop stands before it.
        public String text() {
            return text;
        }
    }

    Path NATIVE = new Native();

    /// The path from a node in site {@code own} to a next hop in site {@code remote}.
    ///
    /// An unknown site is refused: a reflector that loses communities must not turn traffic between sites into
    /// plain text.
    ///
    /// @param remote null if nothing says where the next hop is
    /// @param overlay null if one of the two ends takes no part in it
    static Path choose(SiteId own, @Nullable SiteId remote, @Nullable Encrypted overlay) {
        if (remote == null) {
            return new Refused(Reason.SITE_UNKNOWN);
        }
        if (remote.equals(own)) {
            return NATIVE;
        }
        return overlay == null ? new Refused(Reason.OTHER_SITE) : overlay;
    }
}
