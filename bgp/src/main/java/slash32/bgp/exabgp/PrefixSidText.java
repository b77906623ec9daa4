package slash32.bgp.exabgp;

import java.util.ArrayList;

/// BGP Prefix-SID (RFC 8669 §3) as ExaBGP prints it; SRv6 services (RFC 9252) since 5.0.0.
final class PrefixSidText {
    private static final int LABEL_INDEX = 1;
    private static final int ORIGINATOR_SRGB = 3;
    private static final int L3_SERVICE = 5;
    private static final int L2_SERVICE = 6;

    private PrefixSidText() {}

    static String json(Octets value, ApiVersion api) {
        var texts = new ArrayList<String>();
        while (value.hasMore()) {
            int type = value.u8();
            Octets tlv = value.upTo(value.u16());
            texts.add(text(type, tlv, api));
        }
        return "\"bgp-prefix-sid\": { " + String.join(", ", texts) + " }";
    }

    private static String text(int type, Octets tlv, ApiVersion api) {
        boolean later = api.isAtLeast(ApiVersion.V5);
        return switch (type) {
            case LABEL_INDEX -> labelIndex(tlv);
            case ORIGINATOR_SRGB -> ranges(tlv);
            default -> {
                if (later && (type == L3_SERVICE || type == L2_SERVICE)) {
                    yield services(type == L3_SERVICE ? "l3-service" : "l2-service", tlv);
                }
                if (!later) {
                    tlv.fail(0, 0); // ExaBGP 4.2 fails on the types that it does not know
                }
                yield "\"attribute-not-implemented\": \"" + type + "\"";
            }
        };
    }

    private static String labelIndex(Octets tlv) {
        if (tlv.remaining() != 7) {
            tlv.fail(3, 5);
        }
        tlv.u24();
        return "\"sr-label-index\": " + tlv.u32();
    }

    private static String ranges(Octets tlv) {
        tlv.u16();
        var ranges = new ArrayList<String>();
        while (tlv.hasMore()) {
            ranges.add("[" + tlv.u24() + ", " + tlv.u24() + "]");
        }
        return "\"sr-srgbs\": [" + String.join(", ", ranges) + "]";
    }

    /// SRv6 SID Information sub-TLVs, each with its structure if it has one.
    private static String services(String name, Octets tlv) {
        tlv.u8();
        var sids = new ArrayList<String>();
        while (tlv.hasMore()) {
            int type = tlv.u8();
            Octets sub = tlv.upTo(tlv.u16());
            if (type == 1) {
                sids.add(sid(sub));
            }
        }
        return "\"" + name + "\": [ " + String.join(", ", sids) + " ]";
    }

    private static String sid(Octets sub) {
        sub.u8();
        String address = sub.ipv6();
        String text =
                "{ \"sid\": \"" + address + "\", \"flags\": " + sub.u8() + ", \"endpoint_behavior\": " + sub.u16();
        sub.u8();
        while (sub.hasMore()) {
            int type = sub.u8();
            Octets structure = sub.upTo(sub.u16());
            if (type == 1) {
                text += ", \"structure\": { \"locator-block-length\": " + structure.u8() + ", \"locator-node-length\": "
                        + structure.u8() + ", \"function-length\": " + structure.u8() + ", \"argument-length\": "
                        + structure.u8() + ", \"transposition-length\": " + structure.u8()
                        + ", \"transposition-offset\": " + structure.u8() + " }";
            }
        }
        return text + " }";
    }
}
