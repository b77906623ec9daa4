package slash32.netlink.netfilter;

/// What becomes of a packet at a rule. Reads as {@code nft} writes it.
public sealed interface Verdict {
    /// It passes this base chain; later ones still see it.
    record Accept() implements Verdict {
        @Override
        public String toString() {
            return "accept";
        }
    }

    record Drop() implements Verdict {
        @Override
        public String toString() {
            return "drop";
        }
    }

    /// Goes on in {@code chain} and comes back at its end.
    record Jump(String chain) implements Verdict {
        @Override
        public String toString() {
            return "jump " + chain;
        }
    }

    /// Goes on in {@code chain} and does not come back.
    record Goto(String chain) implements Verdict {
        @Override
        public String toString() {
            return "goto " + chain;
        }
    }

    /// Goes back to the rule after the jump that led here; from a base chain, passes.
    record Return() implements Verdict {
        @Override
        public String toString() {
            return "return";
        }
    }
}
