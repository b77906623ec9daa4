package slash32.overlay.choice;

import org.jspecify.annotations.Nullable;

/// How packets reach a next hop.
public sealed interface Path {
    /// Over the underlay as they are: both ends are in one site.
    record Native() implements Path {}

    /// Not at all. Packets are dropped here rather than sent in the clear.
    record Refused(Reason reason) implements Path {}

    /// Why a next hop gets no packets.
    enum Reason {
        OTHER_SITE("in another site, which only an encrypted overlay may reach"),
        SITE_UNKNOWN("no node route says its site");

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
    static Path choose(SiteId own, @Nullable SiteId remote) {
        if (remote == null) {
            return new Refused(Reason.SITE_UNKNOWN);
        }
        return remote.equals(own) ? NATIVE : new Refused(Reason.OTHER_SITE);
    }
}
