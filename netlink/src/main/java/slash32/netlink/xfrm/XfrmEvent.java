package slash32.netlink.xfrm;

import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// Something that the kernel reports to the multicast groups of NETLINK_XFRM.
public sealed interface XfrmEvent {
    /// struct xfrm_user_acquire.
    int USER_ACQUIRE_BYTES = 280;

    /// struct xfrm_user_mapping.
    int USER_MAPPING_BYTES = 64;

    /// Where the new address stands in it; behind it are the old port and the new one.
    int NEW_SADDR = 44;

    /// So much has passed a state that it is to be replaced.
    record WornOut(StateId id) implements XfrmEvent {}

    record StateRemoved(StateId id) implements XfrmEvent {}

    /// All states of this network namespace.
    record StatesFlushed() implements XfrmEvent {}

    /// A packet of an XFRM interface was dropped because its policy found no state. Said again after half a minute.
    record StateWanted(int interfaceId) implements XfrmEvent {}

    /// A policy was added, or took the place of another.
    record PolicyPut(XfrmPolicy policy) implements XfrmEvent {}

    record PoliciesRemoved() implements XfrmEvent {}

    /// What came on a state in UDP was authentic, and not from where the state says. Said for each packet.
    record Moved(StateId id, IpAddress from, int port) implements XfrmEvent {}

    /// The event in {@code message}; null for one of a kind that we don't follow.
    static @Nullable XfrmEvent parse(Message message) {
        return switch (message.type()) {
            case Xfrm.XFRM_MSG_ACQUIRE -> acquisition(message);
            case Xfrm.XFRM_MSG_EXPIRE -> expiry(message);
            case Xfrm.XFRM_MSG_DELSA -> removal(StateId.parse(message));
            case Xfrm.XFRM_MSG_FLUSHSA -> new StatesFlushed();
            case Xfrm.XFRM_MSG_NEWPOLICY, Xfrm.XFRM_MSG_UPDPOLICY -> put(XfrmPolicy.parse(message));
            case Xfrm.XFRM_MSG_DELPOLICY, Xfrm.XFRM_MSG_FLUSHPOLICY -> new PoliciesRemoved();
            case Xfrm.XFRM_MSG_MAPPING -> mapping(message);
            default -> null;
        };
    }

    private static @Nullable XfrmEvent removal(@Nullable StateId id) {
        return id == null ? null : new StateRemoved(id);
    }

    private static @Nullable XfrmEvent put(@Nullable XfrmPolicy policy) {
        return policy == null ? null : new PolicyPut(policy);
    }

    private static @Nullable XfrmEvent mapping(Message message) {
        StateId id = StateId.parse(message);
        if (id == null || message.payloadLength() < USER_MAPPING_BYTES) {
            return null;
        }
        Struct mapping = Struct.of(message, USER_MAPPING_BYTES);
        return new Moved(id, mapping.address(NEW_SADDR, Struct.family(id.destination())), mapping.be16(NEW_SADDR + 18));
    }

    private static @Nullable XfrmEvent acquisition(Message message) {
        Attributes attributes = message.attributes(USER_ACQUIRE_BYTES);
        while (attributes.next()) {
            if (attributes.type() == Xfrm.XFRMA_IF_ID) {
                return new StateWanted(attributes.u32());
            }
        }
        return null;
    }

    private static @Nullable XfrmEvent expiry(Message message) {
        if (message.payloadLength() <= XfrmState.USERSA_INFO_BYTES) {
            return null;
        }
        StateId id = XfrmState.id(Struct.of(message, XfrmState.USERSA_INFO_BYTES));
        boolean hard = message.u8(XfrmState.USERSA_INFO_BYTES) != 0;
        return hard ? new StateRemoved(id) : new WornOut(id);
    }
}
