package slash32.netlink.xfrm;

/// Code points of linux/xfrm.h.
public final class Xfrm {
    /// Multicast groups of NETLINK_XFRM, for subscriptions.
    public static final int XFRMNLGRP_ACQUIRE = 1;

    public static final int XFRMNLGRP_EXPIRE = 2;
    public static final int XFRMNLGRP_SA = 3;
    public static final int XFRMNLGRP_POLICY = 4;
    public static final int XFRMNLGRP_MAPPING = 8;

    static final int XFRM_MSG_NEWSA = 0x10;
    static final int XFRM_MSG_DELSA = 0x11;
    static final int XFRM_MSG_GETSA = 0x12;
    static final int XFRM_MSG_NEWPOLICY = 0x13;
    static final int XFRM_MSG_DELPOLICY = 0x14;
    static final int XFRM_MSG_GETPOLICY = 0x15;
    static final int XFRM_MSG_ACQUIRE = 0x17;
    static final int XFRM_MSG_EXPIRE = 0x18;
    static final int XFRM_MSG_UPDPOLICY = 0x19;
    static final int XFRM_MSG_FLUSHSA = 0x1c;
    static final int XFRM_MSG_FLUSHPOLICY = 0x1d;
    static final int XFRM_MSG_MAPPING = 0x26;

    static final int XFRMA_ENCAP = 4;
    static final int XFRMA_TMPL = 5;
    static final int XFRMA_ALG_AEAD = 18;
    static final int XFRMA_REPLAY_ESN_VAL = 23;
    static final int XFRMA_PROTO = 25;
    static final int XFRMA_IF_ID = 31;

    static final int IPPROTO_ESP = 50;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;

    /// Selectors of the state may be of either address family (XFRM_STATE_AF_UNSPEC).
    static final int XFRM_STATE_AF_UNSPEC = 32;

    static final int XFRM_STATE_ESN = 128;
    static final int UDP_ENCAP_ESPINUDP = 2;
    static final int XFRM_POLICY_ALLOW = 0;
    static final int XFRM_POLICY_BLOCK = 1;

    /// No limit.
    static final long XFRM_INF = -1;

    private Xfrm() {}
}
