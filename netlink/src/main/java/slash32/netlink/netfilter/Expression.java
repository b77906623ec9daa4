package slash32.netlink.netfilter;

import slash32.net.Bytes;

/// A step of a rule. Registers are named by their offset in bytes, 0 to 60; a test that fails ends the rule.
public sealed interface Expression {

    /// Loads something known about the packet.
    record Meta(Key key, int register) implements Expression {
        /// NFT_META_*
        public enum Key {
            /// The frame's ethertype, 2 bytes; that of what a tag carries where the kernel took the tag off.
            ETHER_TYPE(1),
            /// The packet's queueing priority, 4 bytes in host order.
            PRIORITY(2),
            /// The packet's mark, 4 bytes in host order.
            MARK(3),
            /// 16 bytes, NUL-padded.
            INPUT_NAME(6),
            /// 16 bytes, NUL-padded.
            OUTPUT_NAME(7),
            /// ARPHRD_*, 2 bytes in host order.
            INPUT_TYPE(8),
            /// NFPROTO_*, 1 byte.
            NETWORK_PROTOCOL(15),
            /// Of the last header that is no IPv6 extension; 1 byte.
            TRANSPORT_PROTOCOL(16),
            /// The bridge that the input is a port of, 16 bytes, NUL-padded; only in family bridge.
            INPUT_BRIDGE(17);

            final int number;

            Key(int number) {
                this.number = number;
            }
        }
    }

    /// Loads bytes of the packet.
    record Payload(Header header, int offset, int length, int register) implements Expression {
        /// NFT_PAYLOAD_*_HEADER
        public enum Header {
            LINK(0),
            NETWORK(1),
            TRANSPORT(2);

            final int number;

            Header(int number) {
                this.number = number;
            }
        }
    }

    /// Loads one byte: 1 if the packet's route seals it by IPsec, on its way to being so.
    record SealedByRoute(int register) implements Expression {}

    /// Makes the register's 2 bytes, in the order of the wire, the maximum segment size of a TCP packet that states a
    /// larger one; one that states none ends the rule.
    record LowerSegmentSize(int register) implements Expression {}

    /// Loads conntrack's state of the packet as a bit mask in host order.
    record ConntrackState(int register) implements Expression {}

    /// Loads something known about the packet's flow; a packet of no flow ends the rule. Addresses and ports are
    /// those of the flow's first packet, whichever way this one goes.
    record Flow(Field field, int register) implements Expression {
        /// NFT_CT_*
        public enum Field {
            /// 1 byte: 0 as the first packet went, 1 for answers.
            DIRECTION(1, false),
            /// IPS_* of the flow, 4 bytes in host order.
            STATUS(2, false),
            /// The flow's mark, 4 bytes in host order.
            MARK(3, false),
            /// 1 byte.
            PROTOCOL(10, false),
            /// 2 bytes; the identifier of an ICMP query.
            SOURCE_PORT(11, true),
            /// 2 bytes; type and code of an ICMP query.
            DESTINATION_PORT(12, true),
            SOURCE_4(19, true),
            DESTINATION_4(20, true),
            SOURCE_6(21, true),
            DESTINATION_6(22, true);

            final int number;
            final boolean directed;

            Field(int number, boolean directed) {
                this.number = number;
                this.directed = directed;
            }
        }
    }

    /// Makes the register's 4 bytes the flow's mark.
    record StoreFlowMark(int register) implements Expression {}

    /// Makes the register's first 2 bytes, in host order, the conntrack zone that the packet is looked up in; before
    /// conntrack sees it.
    record StoreZone(int register) implements Expression {}

    /// Goes on if the register compares so with {@code value}.
    record Compare(int register, Operator operator, Bytes value) implements Expression {
        /// NFT_CMP_*; greater and less are of bytes in the order of the wire.
        public enum Operator {
            EQUAL(0),
            NOT_EQUAL(1),
            AT_MOST(3),
            AT_LEAST(5);

            final int number;

            Operator(int number) {
                this.number = number;
            }
        }
    }

    /// Keeps the bits of {@code mask} in the register.
    record Mask(int register, Bytes mask) implements Expression {}

    /// Sets the bits of {@code bits} in the register.
    record SetBits(int register, Bytes bits) implements Expression {}

    /// Makes the register's 4 bytes the packet's mark.
    record StoreMark(int register) implements Expression {}

    /// Makes the register's 4 bytes the packet's queueing priority.
    record StorePriority(int register) implements Expression {}

    /// Loads {@code value}.
    record Constant(Bytes value, int register) implements Expression {}

    /// Goes on if the set has the key that starts at the register.
    record InSet(String set, int register) implements Expression {}

    /// Takes the verdict under the key that starts at the register; goes on if the map has none.
    record VerdictFrom(String map, int register) implements Expression {}

    /// Loads what the map has under the key that starts at {@code register}; a map without it ends the rule.
    record ValueFrom(String map, int register, int destination) implements Expression {}

    /// Counts where it stands; see {@link NftRule#parseCounts}.
    record CountHere() implements Expression {}

    /// Goes on for as many packets as {@link PacketLimit} says.
    record Limit(PacketLimit limit) implements Expression {}

    /// Hands a copy of the packet to who listens to the group ({@link PacketLog}), and goes on.
    ///
    /// @param group 1 to 65535
    /// @param prefix at most 127 bytes, given with each packet
    /// @param copyBytes of the packet at most
    record Log(int group, String prefix, int copyBytes) implements Expression {}

    /// Counts by a named counter.
    record Count(String counter) implements Expression {}

    /// Counts by the named counter under the key that starts at the register; a map without one ends the rule.
    record CountFrom(String map, int register) implements Expression {}

    /// Ends the rule with a verdict.
    record Immediate(Verdict verdict) implements Expression {}

    /// One that no rule of ours has, as found in the kernel.
    record Foreign(String name) implements Expression {}
}
