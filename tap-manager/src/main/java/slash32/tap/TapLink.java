package slash32.tap;

import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.route.Link;

/// An interface as the kernel reports it, with what is special to TAPs.
///
/// @param mark null if the interface is not ours
/// @param tun null if it is no TAP
record TapLink(Link link, @Nullable TapMark mark, @Nullable Tun tun) {
    private static final int IFINFOMSG_BYTES = 16;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFLA_TUN_OWNER = 1;
    private static final int IFLA_TUN_GROUP = 2;
    private static final int IFLA_TUN_TYPE = 3;
    private static final int IFLA_TUN_MULTI_QUEUE = 7;
    private static final int IFF_TAP = 2;

    /// What the TAP was made with (linux/if_link.h, IFLA_TUN_*).
    record Tun(@Nullable Integer ownerUid, @Nullable Integer groupGid, boolean multiQueue) {}

    /// The interface in an RTM_NEWLINK message; null if it has no name that we could use.
    static @Nullable TapLink parse(Message message) {
        Link link = Link.parse(message);
        if (link == null) {
            return null;
        }
        Tun tun = null;
        Attributes attributes = message.attributes(IFINFOMSG_BYTES);
        while (attributes.next()) {
            if (attributes.type() == IFLA_LINKINFO) {
                tun = tun(attributes.nested());
            }
        }
        return new TapLink(link, TapMark.parse(link.alias()), tun);
    }

    private static @Nullable Tun tun(Attributes information) {
        String kind = "";
        while (information.next()) {
            switch (information.type()) {
                case IFLA_INFO_KIND -> kind = information.string();
                case IFLA_INFO_DATA -> {
                    return kind.equals("tun") ? attributes(information.nested()) : null;
                }
                default -> {}
            }
        }
        return null;
    }

    private static @Nullable Tun attributes(Attributes tun) {
        Integer owner = null;
        Integer group = null;
        boolean multiQueue = false;
        boolean tap = false;
        while (tun.next()) {
            switch (tun.type()) {
                case IFLA_TUN_OWNER -> owner = tun.u32();
                case IFLA_TUN_GROUP -> group = tun.u32();
                case IFLA_TUN_TYPE -> tap = tun.u8() == IFF_TAP;
                case IFLA_TUN_MULTI_QUEUE -> multiQueue = tun.u8() != 0;
                default -> {}
            }
        }
        return tap ? new Tun(owner, group, multiQueue) : null;
    }
}
