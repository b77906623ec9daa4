package slash32.netlink.route;

import java.util.List;

/// Code points of linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h, nexthop.h and fib_rules.h.
public final class Rt {
    /// Multicast groups of NETLINK_ROUTE, for subscriptions.
    public static final int RTNLGRP_LINK = 1;

    public static final int RTNLGRP_NEIGH = 3;
    public static final int RTNLGRP_IPV4_IFADDR = 5;
    public static final int RTNLGRP_IPV4_ROUTE = 7;
    public static final int RTNLGRP_IPV6_IFADDR = 9;
    public static final int RTNLGRP_IPV6_ROUTE = 11;
    public static final int RTNLGRP_NEXTHOP = 32;

    /// The route protocol of everything that slash32 installs: how it knows its own after a restart.
    public static final int RTPROT_SLASH32 = 132;

    /// What the alias of a segment's bridge begins with: routes of ours that lead there are not those of routed guests.
    public static final String SEGMENT_ALIAS = "slash32-segment:";

    /// What the name of a segment's bridge begins with.
    public static final String SEGMENT_BRIDGE = "b32-";

    public static final int RT_TABLE_MAIN = 254;
    public static final int RTN_UNICAST = 1;
    public static final int RTN_BLACKHOLE = 6;
    public static final int RTN_UNREACHABLE = 7;
    public static final int RT_SCOPE_UNIVERSE = 0;
    public static final int RT_SCOPE_LINK = 253;
    static final int RT_SCOPE_NOWHERE = 255;
    static final int RTN_UNSPEC = 0;
    /// In a lookup: answer with the route that matches, not with what follows from it.
    static final int RTM_F_FIB_MATCH = 0x2000;

    public static final int AF_UNSPEC = 0;
    public static final int AF_INET = 2;
    static final int AF_BRIDGE = 7;
    public static final int AF_INET6 = 10;

    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;
    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    static final int RTM_GETROUTE = 26;
    static final int RTM_NEWNEIGH = 28;
    static final int RTM_DELNEIGH = 29;
    static final int RTM_GETNEIGH = 30;
    static final int RTM_NEWRULE = 32;
    static final int RTM_DELRULE = 33;
    static final int RTM_GETRULE = 34;
    static final int RTM_NEWNEXTHOP = 104;
    static final int RTM_DELNEXTHOP = 105;
    static final int RTM_GETNEXTHOP = 106;

    static final int IFINFOMSG_BYTES = 16;
    static final int IFADDRMSG_BYTES = 8;
    static final int RTMSG_BYTES = 12;
    static final int NDMSG_BYTES = 12;
    static final int NHMSG_BYTES = 8;

    static final int RT_TABLE_UNSPEC = 0;
    static final int FR_ACT_TO_TBL = 1;
    static final int FRA_DST = 1;
    static final int FRA_SRC = 2;
    static final int FRA_IIFNAME = 3;
    static final int FRA_PRIORITY = 6;
    static final int FRA_TABLE = 15;
    static final int FRA_PROTOCOL = 21;

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_MASTER = 10;
    static final int IFLA_TXQLEN = 13;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_IFALIAS = 20;
    static final int IFLA_AF_SPEC = 26;
    static final int IFLA_INET_CONF = 1;
    static final int IPV4_DEVCONF_RP_FILTER = 8;
    static final int IFLA_GROUP = 27;
    static final int IFLA_NET_NS_FD = 28;
    static final int IFLA_INFO_KIND = 1;
    static final int IFLA_INFO_DATA = 2;
    static final int VETH_INFO_PEER = 1;
    static final int IFLA_INFO_SLAVE_KIND = 4;
    static final int IFLA_INFO_SLAVE_DATA = 5;
    static final int IFLA_VXLAN_ID = 1;
    static final int IFLA_VXLAN_LOCAL = 4;
    static final int IFLA_VXLAN_LEARNING = 7;
    static final int IFLA_VXLAN_PORT = 15;
    static final int IFLA_VXLAN_UDP_CSUM = 18;
    static final int IFLA_VXLAN_UDP_ZERO_CSUM6_TX = 19;
    static final int IFLA_VXLAN_UDP_ZERO_CSUM6_RX = 20;
    static final int IFLA_VXLAN_DF = 29;
    static final int VXLAN_DF_SET = 1;
    static final int IFLA_XFRM_IF_ID = 2;
    static final int IFLA_GRE_LINK = 1;
    static final int IFLA_GRE_LOCAL = 6;
    static final int IFLA_GRE_REMOTE = 7;
    static final int IFLA_GRE_TTL = 8;
    static final int IFLA_GRE_PMTUDISC = 10;
    static final int IFLA_BR_STP_STATE = 5;
    static final int IFLA_BR_MCAST_SNOOPING = 23;
    static final int IFLA_BRPORT_LEARNING = 8;
    static final int IFLA_BRPORT_UNICAST_FLOOD = 9;
    static final int IFLA_BRPORT_MCAST_FLOOD = 27;
    static final int IFLA_BRPORT_BCAST_FLOOD = 30;
    static final int IFLA_BRPORT_NEIGH_SUPPRESS = 32;
    static final int IFLA_BRPORT_LOCKED = 39;
    static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    static final int IN6_ADDR_GEN_MODE_NONE = 1;

    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFA_FLAGS = 8;
    static final int IFA_F_NODAD = 0x02;

    static final int RTA_DST = 1;
    static final int RTA_OIF = 4;
    static final int RTA_GATEWAY = 5;
    static final int RTA_PRIORITY = 6;
    static final int RTA_PREFSRC = 7;
    static final int RTA_METRICS = 8;
    static final int RTA_TABLE = 15;
    static final int RTA_VIA = 18;
    static final int RTA_NH_ID = 30;
    static final int RTAX_LOCK = 1;
    static final int RTAX_MTU = 2;

    static final int NDA_DST = 1;
    static final int NDA_LLADDR = 2;
    static final int NDA_IFINDEX = 8;
    static final int NDA_MASTER = 9;
    static final int NUD_NOARP = 0x40;
    static final int NUD_PERMANENT = 0x80;
    /// From bit 0 on.
    static final List<String> NUD_STATES =
            List.of("incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent");
    static final int NTF_SELF = 0x02;
    static final int NTF_MASTER = 0x04;

    static final int NHA_ID = 1;
    static final int NHA_GROUP = 2;
    static final int NHA_BLACKHOLE = 4;
    static final int NHA_OIF = 5;
    static final int NHA_GATEWAY = 6;

    static final int RTNH_F_ONLINK = 4;

    private Rt() {}

    static int family(slash32.net.IpAddress address) {
        return address.isIpv4() ? AF_INET : AF_INET6;
    }
}
