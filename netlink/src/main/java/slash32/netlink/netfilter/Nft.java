package slash32.netlink.netfilter;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Request;

/// Code points of linux/netfilter/nf_tables.h and nfnetlink.h that several messages share.
final class Nft {
    static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    static final int NFNL_MSG_BATCH_END = 0x11;
    static final int NFNL_BATCH_GENID = 1;
    static final int NFNL_SUBSYS_NFTABLES = 10;
    static final int NFNETLINK_V0 = 0;
    /// Length of nfgenmsg.
    static final int HEADER_BYTES = 4;

    static final int NEWTABLE = 0xa00;
    static final int GETTABLE = 0xa01;
    static final int DELTABLE = 0xa02;
    static final int NEWCHAIN = 0xa03;
    static final int GETCHAIN = 0xa04;
    static final int DELCHAIN = 0xa05;
    static final int NEWRULE = 0xa06;
    static final int GETRULE = 0xa07;
    static final int DELRULE = 0xa08;
    static final int NEWSET = 0xa09;
    static final int GETSET = 0xa0a;
    static final int DELSET = 0xa0b;
    static final int NEWSETELEM = 0xa0c;
    static final int GETSETELEM = 0xa0d;
    static final int DELSETELEM = 0xa0e;
    static final int NEWGEN = 0xa0f;
    static final int GETGEN = 0xa10;
    static final int NEWOBJ = 0xa12;
    static final int GETOBJ = 0xa13;
    static final int DELOBJ = 0xa14;

    /// Every table, chain, set, element, rule and object has its table's name as attribute 1.
    static final int NFTA_TABLE = 1;

    static final int NFTA_DATA_VALUE = 1;
    static final int NFTA_DATA_VERDICT = 2;
    private static final int NFTA_VERDICT_CODE = 1;
    private static final int NFTA_VERDICT_CHAIN = 2;
    private static final int NF_DROP = 0;
    private static final int NF_ACCEPT = 1;
    private static final int NFT_JUMP = -3;
    private static final int NFT_GOTO = -4;
    private static final int NFT_RETURN = -5;

    /// Registers by their offset in bytes: four of 16 bytes, or sixteen of 4.
    private static final int NFT_REG_1 = 1;
    private static final int NFT_REG32_00 = 8;

    private Nft() {}

    static int register(int offset) {
        return offset % 16 == 0 ? NFT_REG_1 + offset / 16 : NFT_REG32_00 + offset / 4;
    }

    static int registerOffset(int register) {
        return register < NFT_REG32_00 ? (register - NFT_REG_1) * 16 : (register - NFT_REG32_00) * 4;
    }

    static void addVerdict(Request request, Verdict verdict) {
        request.nested(NFTA_DATA_VERDICT, nested -> {
            switch (verdict) {
                case Verdict.Accept() -> nested.attributeBe32(NFTA_VERDICT_CODE, NF_ACCEPT);
                case Verdict.Return() -> nested.attributeBe32(NFTA_VERDICT_CODE, NFT_RETURN);
                case Verdict.Drop() -> nested.attributeBe32(NFTA_VERDICT_CODE, NF_DROP);
                case Verdict.Jump(var chain) ->
                    nested.attributeBe32(NFTA_VERDICT_CODE, NFT_JUMP).attribute(NFTA_VERDICT_CHAIN, chain);
                case Verdict.Goto(var chain) ->
                    nested.attributeBe32(NFTA_VERDICT_CODE, NFT_GOTO).attribute(NFTA_VERDICT_CHAIN, chain);
            }
        });
    }

    /// The verdict of a data attribute; null for one that no rule of ours has.
    static @Nullable Verdict verdict(Attributes data) {
        while (data.next()) {
            if (data.type() != NFTA_DATA_VERDICT) {
                continue;
            }
            int code = Integer.MAX_VALUE;
            String chain = "";
            Attributes nested = data.nested();
            while (nested.next()) {
                switch (nested.type()) {
                    case NFTA_VERDICT_CODE -> code = nested.be32();
                    case NFTA_VERDICT_CHAIN -> chain = nested.string();
                    default -> {} // handles of the chain
                }
            }
            return switch (code) {
                case NF_ACCEPT -> new Verdict.Accept();
                case NF_DROP -> new Verdict.Drop();
                case NFT_JUMP -> new Verdict.Jump(chain);
                case NFT_GOTO -> new Verdict.Goto(chain);
                case NFT_RETURN -> new Verdict.Return();
                default -> null;
            };
        }
        return null;
    }

    static @Nullable Bytes value(Attributes data) {
        while (data.next()) {
            if (data.type() == NFTA_DATA_VALUE) {
                return Bytes.copyOf(data.bytes());
            }
        }
        return null;
    }

    /// A comment as libnftnl keeps it in user data: type, length, NUL-terminated text.
    static byte[] comment(int type, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        byte[] entry = new byte[utf8.length + 3];
        entry[0] = (byte) type;
        entry[1] = (byte) (utf8.length + 1);
        System.arraycopy(utf8, 0, entry, 2, utf8.length);
        return entry;
    }
}
