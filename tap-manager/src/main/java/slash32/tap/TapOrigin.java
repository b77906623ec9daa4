package slash32.tap;

import org.jspecify.annotations.Nullable;

/// Who made the interface, and so who removes it.
public sealed interface TapOrigin {

    /// A persistent TAP of ours, removed when it is no longer desired.
    ///
    /// @param ownerUid may open it without privileges; null for root only
    /// @param groupGid likewise
    /// @param multiQueue takes one queue per opener; fixed when the TAP is made
    /// @param txQueueLength in packets
    record Created(@Nullable Integer ownerUid, @Nullable Integer groupGid, boolean multiQueue, int txQueueLength)
            implements TapOrigin {
        /// For root, one queue.
        public static final Created PLAIN = new Created(null, null, false, 1000);
    }

    /// Made by the hypervisor, and left to it when it is no longer desired. Until it appears, its state is Waiting.
    ///
    /// @param anyKind need not be a TAP: a veth of a container will do
    record Adopted(boolean anyKind) implements TapOrigin {
        /// A TAP and nothing else.
        public static final Adopted TAP = new Adopted(false);
    }
}
