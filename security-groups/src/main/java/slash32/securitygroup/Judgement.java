package slash32.securitygroup;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;

/// What the rules of one endpoint make of a packet, and why.
///
/// @param device the endpoint's
/// @param direction as its guest sees it
/// @param group whose rule let it pass; null unless {@code cause} is a rule
/// @param rule that let it pass; null unless {@code cause} is a rule
/// @param inForce whether the kernel has all that was looked at
public record Judgement(
        InterfaceName device,
        Direction direction,
        Cause cause,
        @Nullable GroupId group,
        @Nullable Rule rule,
        boolean inForce) {

    /// Why a packet passes or does not.
    public enum Cause {
        PORT_SECURITY_OFF(true, "port security is off"),
        SPOOFED_SOURCE(false, "the guest may not send as this address"),
        ALWAYS_PASSES(true, "a guest needs it, whatever its groups say"),
        NEVER_PASSES(false, "a guest is no router and no DHCP server"),
        RULE(true, "a rule"),
        NO_RULE(false, "no rule of its groups");

        private final boolean passes;
        private final String text;

        Cause(boolean passes, String text) {
            this.passes = passes;
            this.text = text;
        }

        /// For people.
        public String text() {
            return text;
        }
    }

    public boolean passes() {
        return cause.passes;
    }
}
