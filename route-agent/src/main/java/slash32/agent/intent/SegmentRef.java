package slash32.agent.intent;

import slash32.net.Vni;

/// Which segment a port is in.
public sealed interface SegmentRef {
    /// One that the configuration or the API states.
    record Named(SegmentId id) implements SegmentRef {
        @Override
        public String toString() {
            return id.value();
        }
    }

    /// One that an overlay rule makes when a port first needs it, and that goes with the last.
    ///
    /// @param overlay the rule's name
    record OfOverlay(String overlay, Vni vni) implements SegmentRef {
        @Override
        public String toString() {
            return overlay + "/" + vni;
        }
    }
}
