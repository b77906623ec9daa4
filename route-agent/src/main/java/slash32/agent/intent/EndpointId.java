package slash32.agent.intent;

/// The name that the hypervisor daemon gave an endpoint, such as a port's UUID.
///
/// @param value 1 to 63 characters of {@code A-Z a-z 0-9 . _ -}
public record EndpointId(String value) implements Comparable<EndpointId> {
    public static final int MAX_LENGTH = 63;

    public EndpointId {
        requireName(value);
    }

    static void requireName(String value) {
        if (value.isEmpty() || value.length() > MAX_LENGTH || !value.chars().allMatch(EndpointId::allowed)) {
            throw new InvalidFieldException(
                    "id", "must be 1 to 63 characters of A-Z a-z 0-9 . _ -, was '" + value + "'");
        }
    }

    private static boolean allowed(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    @Override
    public int compareTo(EndpointId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
