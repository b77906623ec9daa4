package slash32.bgp.exabgp.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AttributeCode;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.net.Bytes;

/// Commands in, the messages that ExaBGP sends for them out.
public final class CommandEncoder {
    /// What becomes of a command.
    public sealed interface Encoded {
        /// Whole messages; none for a command that is not for peers.
        record Messages(List<Bytes> list) implements Encoded {
            public Messages {
                list = List.copyOf(list);
            }
        }

        /// It can't be sent in this session.
        record Refused(String reason) implements Encoded {}
    }

    private static final Encoded NOTHING = new Encoded.Messages(List.of());
    private static final int EXTENDED_LENGTH = 0x10;
    /// Of an UPDATE: the header and the two lengths.
    private static final int OVERHEAD_BYTES = Framer.HEADER_BYTES + 4;

    /// "no-pi" in ASCII: by this a route without a path identifier is sorted among those with one.
    private static final byte[] NO_PATH_ID = {'n', 'o', '-', 'p', 'i'};

    private CommandEncoder() {}

    public static Encoded encode(Command command, EncodeContext context) {
        return switch (command) {
            case Command.Routes routes -> routes(routes, context);
            case Command.EndOfRib(AddressFamily family) -> new Encoded.Messages(List.of(endOfRib(family)));
            case Command.RouteRefresh(AddressFamily family) -> {
                byte[] message = MessageEncoder.encode(new Message.RouteRefresh(family, 0));
                yield new Encoded.Messages(List.of(Bytes.copyOf(message)));
            }
            case Command.Watchdog _, Command.Teardown _, Command.Daemon _, Command.Comment _ -> NOTHING;
        };
    }

    private static Bytes endOfRib(AddressFamily family) {
        var body = new Octets().u16(0);
        if (family.equals(AddressFamily.IPV4_UNICAST)) {
            body.u16(0);
        } else {
            int flags = AttributeCode.OPTIONAL | EXTENDED_LENGTH;
            Bytes value = new Octets().u16(family.afi()).u8(family.safi()).toBytes();
            body.u16(7).attribute(flags, AttributeCode.MP_UNREACH_NLRI, value);
        }
        return update(body);
    }

    private static Bytes update(Octets body) {
        return new Octets()
                .bytes(Bytes.fromHex("ff".repeat(16)))
                .u16(Framer.HEADER_BYTES + body.size())
                .u8(Message.UPDATE)
                .bytes(body.toBytes())
                .toBytes();
    }

    /// IPv4 unicast routes share messages; every other route has one of its own.
    private static Encoded routes(Command.Routes command, EncodeContext context) {
        Map<Bytes, Route> unicast = new LinkedHashMap<>();
        var messages = new ArrayList<Bytes>();
        for (Route route : command.routes()) {
            if (!context.knows(route.nextHop(), route.family().afi() != 2)) {
                return new Encoded.Refused("next-hop self needs our address, which is not given for " + route.family());
            }
            if (route.family().equals(AddressFamily.IPV4_UNICAST) && isClassic(route)) {
                unicast.put(sortKey(route), route);
            } else {
                Bytes message = alone(route, command.announced(), context);
                if (message == null) {
                    return tooLong();
                }
                messages.add(message);
            }
        }
        return shared(List.copyOf(unicast.values()), command.announced(), context, messages)
                ? new Encoded.Messages(messages)
                : tooLong();
    }

    private static Encoded tooLong() {
        return new Encoded.Refused("the attributes leave no room for a route");
    }

    /// True if the route stands outside of the attributes: ExaBGP goes by the next hop.
    private static boolean isClassic(Route route) {
        boolean ipv6 = route.nextHop() instanceof Gateway.At(var address) && !address.isIpv4();
        return route.isIpv4() && route.family().safi() <= 2 && !ipv6;
    }

    private static Bytes sortKey(Route route) {
        var key = new Octets();
        Integer pathId = route.pathId();
        if (pathId == null) {
            key.bytes(NO_PATH_ID);
        } else {
            key.u32(pathId);
        }
        return key.bytes(route.nlri()).toBytes();
    }

    /// False if there is no room for them.
    private static boolean shared(List<Route> routes, boolean announced, EncodeContext context, List<Bytes> into) {
        if (routes.isEmpty()) {
            return true;
        }
        byte[] attributes = Attribute.encode(routes.getFirst().attributes(), context);
        int room = context.maxMessageBytes() - OVERHEAD_BYTES - attributes.length;
        var nlri = new Octets();
        Comparator<Route> order = Comparator.comparing(route -> sortKey(route).toArray(), Arrays::compareUnsigned);
        for (Route route : routes.stream().sorted(order).toList()) {
            byte[] octets = withPathId(route, context);
            if (octets.length > room) {
                return false;
            }
            if (nlri.size() + octets.length > room) {
                into.add(classic(nlri, announced, attributes));
                nlri = new Octets();
            }
            nlri.bytes(octets);
        }
        into.add(classic(nlri, announced, attributes));
        return true;
    }

    private static Bytes classic(Octets nlri, boolean announced, byte[] attributes) {
        var body = new Octets();
        if (announced) {
            body.u16(0).u16(attributes.length).bytes(attributes).bytes(nlri.toBytes());
        } else {
            body.u16(nlri.size()).bytes(nlri.toBytes()).u16(0);
        }
        return update(body);
    }

    /// Null if there is no room for it.
    private static @Nullable Bytes alone(Route route, boolean announced, EncodeContext context) {
        byte[] attributes = Attribute.encode(route.attributes(), context);
        byte[] nlri = withPathId(route, context);
        if (isClassic(route)) {
            boolean fits = OVERHEAD_BYTES + attributes.length + nlri.length <= context.maxMessageBytes();
            return fits ? classic(new Octets().bytes(nlri), announced, attributes) : null;
        }
        AddressFamily family = route.family();
        var value = new Octets().u16(family.afi()).u8(family.safi());
        if (announced) {
            byte[] gateway = gateway(route, context);
            value.u8(gateway.length).bytes(gateway).u8(0);
        }
        value.bytes(nlri);
        int type = announced ? AttributeCode.MP_REACH_NLRI : AttributeCode.MP_UNREACH_NLRI;
        var all = new Octets().bytes(attributes).attribute(AttributeCode.OPTIONAL, type, value.toBytes());
        return OVERHEAD_BYTES + all.size() > context.maxMessageBytes()
                ? null
                : update(new Octets().u16(0).u16(all.size()).bytes(all.toBytes()));
    }

    /// The next hop field, behind a route distinguisher of zero in VPN families; none where none is said.
    private static byte[] gateway(Route route, EncodeContext context) {
        if (route.nextHop() instanceof Gateway.Unsaid) {
            return new byte[0];
        }
        var out = new Octets();
        if (route.family().safi() == 128) {
            out.u64(0);
        }
        return out.address(context.address(route.nextHop(), route.family().afi() != 2))
                .toArray();
    }

    private static byte[] withPathId(Route route, EncodeContext context) {
        if (!route.takesPathId() || !context.addPath().contains(route.family())) {
            return route.nlri().toArray();
        }
        Integer pathId = route.pathId();
        return new Octets().u32(pathId == null ? 0 : pathId).bytes(route.nlri()).toArray();
    }
}
