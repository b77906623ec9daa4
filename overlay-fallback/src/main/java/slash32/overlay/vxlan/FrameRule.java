package slash32.overlay.vxlan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import slash32.net.Bytes;
import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Expression.Compare.Operator;
import slash32.netlink.netfilter.Expression.Meta;
import slash32.netlink.netfilter.Expression.Payload.Header;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.Verdict;

/// A rule of the bridge table, step by step. An interface's name is loaded before what is looked up with it.
final class FrameRule {
    private static final int NAME = 0;
    /// Of a key's second field: names take four registers of 4 bytes.
    static final int AFTER_NAME = 16;

    private static final Bytes MULTICAST = Bytes.fromHex("01");
    private static final Bytes VLAN_ID = Bytes.fromHex("0fff");

    private final List<Expression> steps = new ArrayList<>();

    private FrameRule() {}

    static FrameRule when() {
        return new FrameRule();
    }

    private FrameRule step(Expression expression) {
        steps.add(expression);
        return this;
    }

    FrameRule inputIn(String set) {
        return step(new Meta(Meta.Key.INPUT_NAME, NAME)).step(new Expression.InSet(set, NAME));
    }

    FrameRule outputIn(String set) {
        return step(new Meta(Meta.Key.OUTPUT_NAME, NAME)).step(new Expression.InSet(set, NAME));
    }

    /// The input's name and these bytes of the frame are a key of the set.
    FrameRule inputAnd(Header header, int offset, int length, String set) {
        return step(new Meta(Meta.Key.INPUT_NAME, NAME))
                .step(new Expression.Payload(header, offset, length, AFTER_NAME))
                .step(new Expression.InSet(set, NAME));
    }

    /// The input's name and the tag's VLAN are a key of the set.
    FrameRule inputAndVlan(String set) {
        return step(new Meta(Meta.Key.INPUT_NAME, NAME))
                .step(new Expression.Payload(Header.LINK, 14, 2, AFTER_NAME))
                .step(new Expression.Mask(AFTER_NAME, VLAN_ID))
                .step(new Expression.InSet(set, NAME));
    }

    FrameRule bytes(Header header, int offset, String hex) {
        Bytes value = Bytes.fromHex(hex);
        return step(new Expression.Payload(header, offset, value.length(), NAME))
                .step(new Expression.Compare(NAME, Operator.EQUAL, value));
    }

    FrameRule masked(Header header, int offset, String mask, String hex) {
        Bytes value = Bytes.fromHex(hex);
        return step(new Expression.Payload(header, offset, value.length(), NAME))
                .step(new Expression.Mask(NAME, Bytes.fromHex(mask)))
                .step(new Expression.Compare(NAME, Operator.EQUAL, value));
    }

    FrameRule etherType(String hex) {
        return bytes(Header.LINK, 12, hex);
    }

    /// The packet's ethertype is this, be it behind a tag that the kernel took off.
    FrameRule protocol(String hex) {
        return step(new Meta(Meta.Key.ETHER_TYPE, NAME))
                .step(new Expression.Compare(NAME, Operator.EQUAL, Bytes.fromHex(hex)));
    }

    /// The packet's mark has not this bit.
    FrameRule without(int bit) {
        return step(new Meta(Meta.Key.MARK, NAME))
                .step(new Expression.Mask(NAME, word(bit)))
                .step(new Expression.Compare(NAME, Operator.EQUAL, word(0)));
    }

    /// Clears this bit of the packet's mark.
    FrameRule clear(int bit) {
        return step(new Meta(Meta.Key.MARK, NAME))
                .step(new Expression.Mask(NAME, word(~bit)))
                .step(new Expression.StoreMark(NAME));
    }

    private static Bytes word(int value) {
        return Bytes.copyOf(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(value)
                .array());
    }

    /// Broadcast too.
    FrameRule multicast() {
        return step(new Expression.Payload(Header.LINK, 0, 1, NAME))
                .step(new Expression.Mask(NAME, MULTICAST))
                .step(new Expression.Compare(NAME, Operator.EQUAL, MULTICAST));
    }

    /// The last header that is no IPv6 extension is of this protocol.
    FrameRule transport(String hex) {
        return step(new Meta(Meta.Key.TRANSPORT_PROTOCOL, NAME))
                .step(new Expression.Compare(NAME, Operator.EQUAL, Bytes.fromHex(hex)));
    }

    FrameRule count(FrameCount what) {
        return step(new Expression.Count(what.counter()));
    }

    NftRule accept(String chain) {
        return rule(chain, new Verdict.Accept());
    }

    NftRule drop(String chain) {
        return rule(chain, new Verdict.Drop());
    }

    NftRule jump(String next, String chain) {
        return rule(chain, new Verdict.Jump(next));
    }

    NftRule goTo(String next, String chain) {
        return rule(chain, new Verdict.Goto(next));
    }

    NftRule rule(String chain) {
        return new NftRule(GuardRules.TABLE, chain, steps, "");
    }

    private NftRule rule(String chain, Verdict verdict) {
        return step(new Expression.Immediate(verdict)).rule(chain);
    }
}
