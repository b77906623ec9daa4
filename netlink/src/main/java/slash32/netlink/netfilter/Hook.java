package slash32.netlink.netfilter;

import org.jspecify.annotations.Nullable;

/// Where a base chain of type filter is called; what passes it is accepted by it.
///
/// @param priority lower ones are called first; conntrack is at -200
public record Hook(Point point, int priority) {
    /// A hook's name and its number for the inet families (NF_INET_*) and bridges (NF_BR_*); ARP has input as 0
    /// (NF_ARP_IN).
    public enum Point {
        PREROUTING(0),
        INPUT(1),
        FORWARD(2),
        OUTPUT(3),
        POSTROUTING(4),
        ARP_INPUT(0);

        final int number;

        Point(int number) {
            this.number = number;
        }

        /// Null for a hook that no chain of ours has.
        static @Nullable Point of(Family family, int number) {
            if (family == Family.ARP) {
                return number == ARP_INPUT.number ? ARP_INPUT : null;
            }
            return switch (number) {
                case 0 -> PREROUTING;
                case 1 -> INPUT;
                case 2 -> FORWARD;
                case 3 -> OUTPUT;
                case 4 -> POSTROUTING;
                default -> null;
            };
        }
    }
}
