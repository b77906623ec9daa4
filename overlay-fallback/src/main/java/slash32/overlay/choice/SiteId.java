package slash32.overlay.choice;

/// The number of a site: what separates underlays. Carried as the value of large community {@code ASN:1:site}.
///
/// @param value 1 to 4294967295
public record SiteId(long value) {
    public SiteId {
        if (value < 1 || value > 0xffff_ffffL) {
            throw new IllegalArgumentException("a site id must be 1 to 4294967295, was " + value);
        }
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
