package slash32.bgp.exabgp;

/// Routes of multicast VPNs (RFC 6514 §4): types 5, 6 and 7 in their parts, others as they are.
final class MulticastVpnText {
    private static final String[] NAMES = {
        "Source Active A-D Route", "C-Multicast Shared Tree Join route", "C-Multicast Source Tree Join route"
    };
    private static final int FIRST_PARSED = 5;

    private MulticastVpnText() {}

    static String next(Octets in) {
        int code = in.peek(0);
        int length = in.peek(1);
        String raw = in.apart().upTo(length + 2).hex();
        Octets value = in.upTo(length + 2);
        value.u16();
        int known = code - FIRST_PARSED;
        String head = "{ \"code\": " + code + ", \"parsed\": ";
        if (known < 0 || known >= NAMES.length) {
            return head + "false, \"raw\": \"" + raw + "\" }";
        }
        String distinguisher = RouteText.distinguisher(value);
        String sourceAs = known == 0 ? "" : ", \"source-as\": \"" + value.u32() + "\"";
        String source = value.upTo(value.u8() / 8).address();
        String group = value.upTo(value.u8() / 8).address();
        return head + "true, \"raw\": \"" + raw + "\", \"name\": \"" + NAMES[known] + "\", " + distinguisher + sourceAs
                + ", \"source\": \"" + source + "\", \"group\": \"" + group + "\" }";
    }
}
