package slash32.netlink.xfrm;

import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// What becomes of packets (RFC 4301 §4.4.1). The kernel knows a policy by its direction, selector and interface.
///
/// @param interfaceId of the XFRM interface that they go or come through; 0 for none
/// @param priority unsigned; of policies that cover a packet the lowest number decides
public record XfrmPolicy(Direction direction, XfrmSelector selector, int interfaceId, int priority, Verdict verdict) {
    private static final int USERPOLICY_INFO_BYTES = 168;
    private static final int USERPOLICY_ID_BYTES = 64;
    private static final int TEMPLATE_BYTES = 64;
    private static final int LIMITS_AT = 56;
    private static final int PRIORITY_AT = 152;
    private static final int DIRECTION_AT = 160;
    private static final int ACTION_AT = 161;

    /// Which way packets go: to this host, from it, or through it.
    public enum Direction {
        IN(0),
        OUT(1),
        FWD(2);

        private final int number;

        Direction(int number) {
            this.number = number;
        }

        private static @Nullable Direction of(int number) {
            return switch (number) {
                case 0 -> IN;
                case 1 -> OUT;
                case 2 -> FWD;
                default -> null; // a socket's own
            };
        }
    }

    public sealed interface Verdict {
        /// They pass as they are.
        record Allow() implements Verdict {}

        record Block() implements Verdict {}

        /// They go, or have come, through ESP between these two.
        ///
        /// @param spi of the one state; 0 for any of {@code reqid}
        record Protect(IpAddress source, IpAddress destination, int spi, int reqid, XfrmMode mode) implements Verdict {
            /// struct xfrm_user_tmpl.
            private Struct struct() {
                return Struct.of(TEMPLATE_BYTES)
                        .address(0, destination)
                        .be32(16, spi)
                        .u8(20, Xfrm.IPPROTO_ESP)
                        .u16(24, Struct.family(destination))
                        .address(28, source)
                        .u32(44, reqid)
                        .u8(48, mode.number)
                        .u32(52, -1)
                        .u32(56, -1)
                        .u32(60, -1);
            }

            private static @Nullable Protect parse(Struct template) {
                int family = template.u16(24);
                if (template.u8(20) != Xfrm.IPPROTO_ESP || (family != Xfrm.AF_INET && family != Xfrm.AF_INET6)) {
                    return null;
                }
                return new Protect(
                        template.address(28, family),
                        template.address(0, family),
                        template.be32(16),
                        template.u32(44),
                        XfrmMode.of(template.u8(48)));
            }
        }
    }

    /// Asks for all policies.
    public static Request dump() {
        return Request.of(Xfrm.XFRM_MSG_GETPOLICY, Nl.NLM_F_DUMP, () -> "list policies");
    }

    /// Adds it, and fails with EEXIST where there is one of its direction and selector.
    public Request add() {
        return request(Xfrm.XFRM_MSG_NEWPOLICY, "add ");
    }

    /// Puts it in the place of the one of its direction and selector, if there is one, without a moment between.
    public Request replace() {
        return request(Xfrm.XFRM_MSG_UPDPOLICY, "replace ");
    }

    private Request request(int type, String what) {
        Struct info = Struct.of(USERPOLICY_INFO_BYTES)
                .bytes(0, selector.struct().array())
                .u64(LIMITS_AT, Xfrm.XFRM_INF)
                .u64(LIMITS_AT + 8, Xfrm.XFRM_INF)
                .u64(LIMITS_AT + 16, Xfrm.XFRM_INF)
                .u64(LIMITS_AT + 24, Xfrm.XFRM_INF)
                .u32(PRIORITY_AT, priority)
                .u8(DIRECTION_AT, direction.number)
                .u8(ACTION_AT, verdict instanceof Verdict.Block ? Xfrm.XFRM_POLICY_BLOCK : Xfrm.XFRM_POLICY_ALLOW);
        Request request = Request.of(type, Nl.NLM_F_ACK, () -> what + this).bytes(info.array());
        if (verdict instanceof Verdict.Protect protect) {
            request.attribute(Xfrm.XFRMA_TMPL, protect.struct().array());
        }
        return onInterface(request);
    }

    private Request onInterface(Request request) {
        return interfaceId == 0 ? request : request.attributeU32(Xfrm.XFRMA_IF_ID, interfaceId);
    }

    public Request delete() {
        Struct id = Struct.of(USERPOLICY_ID_BYTES)
                .bytes(0, selector.struct().array())
                .u8(60, direction.number);
        return onInterface(Request.of(Xfrm.XFRM_MSG_DELPOLICY, Nl.NLM_F_ACK, () -> "delete " + this)
                .bytes(id.array()));
    }

    /// The policy in an XFRM_MSG_NEWPOLICY message; null for one that {@link #add} doesn't make, such as a socket's.
    public static @Nullable XfrmPolicy parse(Message message) {
        if (message.payloadLength() < USERPOLICY_INFO_BYTES) {
            return null;
        }
        Struct info = Struct.of(message, USERPOLICY_INFO_BYTES);
        XfrmSelector selector = XfrmSelector.parse(info);
        Direction direction = Direction.of(info.u8(DIRECTION_AT));
        if (selector == null || direction == null) {
            return null;
        }
        Verdict verdict = info.u8(ACTION_AT) == Xfrm.XFRM_POLICY_BLOCK ? new Verdict.Block() : new Verdict.Allow();
        int interfaceId = 0;
        Attributes attributes = message.attributes(USERPOLICY_INFO_BYTES);
        while (attributes.next()) {
            if (attributes.type() == Xfrm.XFRMA_IF_ID) {
                interfaceId = attributes.u32();
            } else if (attributes.type() == Xfrm.XFRMA_TMPL) {
                Verdict.Protect one = attributes.length() == TEMPLATE_BYTES
                        ? Verdict.Protect.parse(Struct.of(attributes, TEMPLATE_BYTES))
                        : null;
                if (one == null) {
                    return null;
                }
                verdict = one;
            }
        }
        return new XfrmPolicy(direction, selector, interfaceId, info.u32(PRIORITY_AT), verdict);
    }

    @Override
    public String toString() {
        return "policy " + selector + " dir "
                + switch (direction) {
                    case IN -> "in";
                    case OUT -> "out";
                    case FWD -> "fwd";
                }
                + (interfaceId == 0 ? "" : " if_id 0x%x".formatted(interfaceId));
    }
}
