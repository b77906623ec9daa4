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

    @Override
    public int compareTo(GroupId other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
