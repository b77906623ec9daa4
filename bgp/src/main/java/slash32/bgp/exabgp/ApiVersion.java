package slash32.bgp.exabgp;

/// A version of ExaBGP's JSON: 4.0.1 of ExaBGP 4.2, 5.0.0 of 5.0, 6.0.0 of its main branch.
public enum ApiVersion {
    V4("4.0.1"),
    V5("5.0.0"),
    V6("6.0.0");

    private final String text;

    ApiVersion(String text) {
        this.text = text;
    }

    boolean isAtLeast(ApiVersion other) {
        return compareTo(other) >= 0;
    }

    @Override
    public String toString() {
        return text;
    }
}
