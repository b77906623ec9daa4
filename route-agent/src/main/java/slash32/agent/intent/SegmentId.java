package slash32.agent.intent;

/// The name of a segment, as the configuration or the hypervisor daemon gave it.
///
/// @param value formed like an {@link EndpointId}
public record SegmentId(String value) implements Comparable<SegmentId> {
    public SegmentId {
        EndpointId.requireName(value);
    }

    @Override
    public int compareTo(SegmentId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
