package slash32.netlink.message;

/// Code points of linux/netlink.h.
public final class Nl {
    public static final int HEADER_BYTES = 16;
    public static final int FLAGS_OFFSET = 6;

    public static final int NLMSG_NOOP = 1;
    public static final int NLMSG_ERROR = 2;
    public static final int NLMSG_DONE = 3;
    public static final int NLMSG_OVERRUN = 4;

    public static final int NLM_F_REQUEST = 0x1;
    public static final int NLM_F_MULTI = 0x2;
    public static final int NLM_F_ACK = 0x4;
    /// The dump was inconsistent because the table changed meanwhile.
    public static final int NLM_F_DUMP_INTR = 0x10;
    public static final int NLM_F_REPLACE = 0x100;
    public static final int NLM_F_EXCL = 0x200;
    public static final int NLM_F_CREATE = 0x400;
    public static final int NLM_F_APPEND = 0x800;
    public static final int NLM_F_DUMP = 0x300;

    /// In an error message: attributes with the reason follow the request's header.
    static final int NLM_F_CAPPED = 0x100;
    static final int NLM_F_ACK_TLVS = 0x200;
    static final int NLMSGERR_ATTR_MSG = 1;

    public static final int NLA_F_NESTED = 0x8000;
    /// Length and type of an attribute.
    public static final int NLA_HEADER_BYTES = 4;
    public static final int NLA_TYPE_MASK = 0x3fff;

    private Nl() {}

    public static int align(int length) {
        return (length + 3) & ~3;
    }
}
