package slash32.netlink.netfilter;

/// Bits of a packet's mark by which our tables tell each other that one of them judged it, as from a guest and as to
/// one. They are set and cleared within one hook, and never seen outside of our chains.
public final class JudgedMark {
    public static final int FROM_GUEST = 0x1000_0000;
    public static final int TO_GUEST = 0x2000_0000;

    private JudgedMark() {}
}
