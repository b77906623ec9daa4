package slash32.securitygroup.compile;

import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Expression.Flow.Field;
import slash32.netlink.netfilter.Expression.Payload.Header;
import slash32.securitygroup.EtherType;

/// Where a packet's addresses are: in its own header, or in its flow's first packet.
final class AddressField {
    private AddressField() {}

    /// {@code ip saddr}, {@code ip daddr}, and those of IPv6.
    static Expression ofPacket(EtherType family, boolean source, int register) {
        return family == EtherType.IPV4
                ? new Expression.Payload(Header.NETWORK, source ? 12 : 16, 4, register)
                : new Expression.Payload(Header.NETWORK, source ? 8 : 24, 16, register);
    }

    /// {@code ct original ip saddr} and so on.
    static Expression ofFlow(EtherType family, boolean source, int register) {
        boolean ipv4 = family == EtherType.IPV4;
        Field field =
                source ? (ipv4 ? Field.SOURCE_4 : Field.SOURCE_6) : (ipv4 ? Field.DESTINATION_4 : Field.DESTINATION_6);
        return new Expression.Flow(field, register);
    }
}
