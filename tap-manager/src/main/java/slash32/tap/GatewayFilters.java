package slash32.tap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import slash32.net.InterfaceIndex;
import slash32.netlink.socket.SocketFilter.Instruction;

/// Which frames of the guests the gateway's sockets let pass, as classic BPF (linux/bpf_common.h, linux/filter.h).
///
/// Beside the questions it is every frame of an interface whose guest is awaited; never one of a guest that floods.
final class GatewayFilters {
    /// Two instructions each of both, and a program has 4,096 at most (BPF_MAXINSNS).
    static final int AWAITED_MAX = 1_000;

    static final int FLOODING_MAX = 1_000;

    private static final int IPV6_NEXT_HEADER = 20;
    private static final int PROTOCOL_UDP = 17;
    private static final int PROTOCOL_ICMPV6 = 58;
    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_HALF = 0x28;
    private static final int JUMP_IF_EQUAL = 0x15;
    /// SKF_AD_OFF + SKF_AD_IFINDEX: no octet of the frame, but where it came in.
    private static final int INTERFACE_INDEX = -0x1000 + 8;

    private GatewayFilters() {}

    static List<Instruction> all(Collection<InterfaceIndex> awaited, Collection<InterfaceIndex> flooding) {
        return beside(awaited, flooding, List.of(accept()));
    }

    /// Straight after the IPv6 header: ICMPv6 of type 133 or 135, or UDP to port 547.
    static List<Instruction> ipv6(Collection<InterfaceIndex> awaited, Collection<InterfaceIndex> flooding) {
        return beside(
                awaited,
                flooding,
                List.of(
                        new Instruction(LOAD_BYTE, 0, 0, IPV6_NEXT_HEADER),
                        new Instruction(JUMP_IF_EQUAL, 0, 3, PROTOCOL_ICMPV6),
                        new Instruction(LOAD_BYTE, 0, 0, 54),
                        new Instruction(JUMP_IF_EQUAL, 4, 0, 133),
                        new Instruction(JUMP_IF_EQUAL, 3, 4, 135),
                        new Instruction(JUMP_IF_EQUAL, 0, 3, PROTOCOL_UDP),
                        new Instruction(LOAD_HALF, 0, 0, 56),
                        new Instruction(JUMP_IF_EQUAL, 0, 1, 547),
                        accept(),
                        refuse()));
    }

    /// UDP to port 67, not a later fragment.
    static List<Instruction> dhcpv4(Collection<InterfaceIndex> awaited, Collection<InterfaceIndex> flooding) {
        final int jumpIfSet = 0x45;
        final int loadHeaderLength = 0xb1;
        final int loadHalfAfterHeader = 0x48;
        return beside(
                awaited,
                flooding,
                List.of(
                        new Instruction(LOAD_BYTE, 0, 0, 23),
                        new Instruction(JUMP_IF_EQUAL, 0, 6, PROTOCOL_UDP),
                        new Instruction(LOAD_HALF, 0, 0, 20),
                        new Instruction(jumpIfSet, 4, 0, 0x1fff),
                        new Instruction(loadHeaderLength, 0, 0, 14),
                        new Instruction(loadHalfAfterHeader, 0, 0, 16),
                        new Instruction(JUMP_IF_EQUAL, 0, 1, 67),
                        accept(),
                        refuse()));
    }

    private static List<Instruction> beside(
            Collection<InterfaceIndex> awaited, Collection<InterfaceIndex> flooding, List<Instruction> questions) {
        var program = new ArrayList<Instruction>();
        if (!awaited.isEmpty() || !flooding.isEmpty()) {
            program.add(new Instruction(LOAD_WORD, 0, 0, INTERFACE_INDEX));
        }
        awaited.stream().limit(AWAITED_MAX).forEach(link -> answer(program, link, accept()));
        flooding.stream().limit(FLOODING_MAX).forEach(link -> answer(program, link, refuse()));
        program.addAll(questions);
        return program;
    }

    private static void answer(List<Instruction> program, InterfaceIndex link, Instruction verdict) {
        program.add(new Instruction(JUMP_IF_EQUAL, 0, 1, link.value()));
        program.add(verdict);
    }

    private static Instruction accept() {
        return new Instruction(0x06, 0, 0, 0xffff); // ret #65535
    }

    private static Instruction refuse() {
        return new Instruction(0x06, 0, 0, 0);
    }
}
