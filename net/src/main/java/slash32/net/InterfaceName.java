package slash32.net;

/// A network interface's name, as the kernel accepts it (dev_valid_name).
///
/// @param value 1 to 15 printable ASCII characters, not "." or "..", without '/', ':' and white space
public record InterfaceName(String value) implements Comparable<InterfaceName> {
    public static final int MAX_LENGTH = 15;

    public InterfaceName {
        if (value.isEmpty() || value.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "an interface name must have 1 to 15 characters, '" + value + "' has " + value.length());
        }
        if (value.equals(".") || value.equals("..") || !value.chars().allMatch(InterfaceName::allowed)) {
            throw new IllegalArgumentException("not an interface name: '" + value + "'");
        }
    }

    private static boolean allowed(int c) {
        return c > ' ' && c < 127 && c != '/' && c != ':' && c != '"' && c != '\\' && c != '*';
    }

    @Override
    public int compareTo(InterfaceName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
