package slash32.bgp.wire;

/// What is wrong with a path attribute.
///
/// @param type the attribute's type code; 0 where the list as a whole is broken
/// @param error the row that RFC 4271 §6.3 has for it
public record AttributeFault(int type, NotificationCode error) {
    @Override
    public String toString() {
        return "attribute " + type + " " + error.label();
    }
}
