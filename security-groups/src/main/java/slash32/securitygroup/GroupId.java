package slash32.securitygroup;

/// A security group's number; the third part of the large community {@code ASN:2:group} on its members' routes.
///
/// @param number 1 to 4294967295
public record GroupId(long number) implements Comparable<GroupId> {
    public GroupId {
        if (number < 1 || number > 0xffff_ffffL) {
            throw new IllegalArgumentException("a security group's number must be 1 to 4294967295, was " + number);
        }
    }

    /// Written out: the generated one goes through method handles, which the JVM does not inline while it is cold.
    @Override
    public boolean equals(Object other) {
        return other instanceof GroupId that && number == that.number;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(number);
    }

    @Override
    public int compareTo(GroupId other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
