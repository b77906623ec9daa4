package slash32.bgp.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A decoded UPDATE.
///
/// @param fate SESSION_RESET makes all else but {@code faults} meaningless
/// @param faults what was wrong, in order; empty for ACCEPT
/// @param withdrawn prefixes withdrawn, one slice per family
/// @param announced prefixes announced, each slice with its attributes, which differ at least in the next hop
/// @param endOfRib the family whose initial update this ends (RFC 4724 §2)
/// @param ignored families that the message names and the session has not agreed on
public record Update(
        Fate fate,
        List<AttributeFault> faults,
        List<NlriSlice> withdrawn,
        List<Announcement> announced,
        @Nullable AddressFamily endOfRib,
        List<AddressFamily> ignored) {
    /// Prefixes and the attributes they share.
    ///
    /// @param attributes null if the fate is TREAT_AS_WITHDRAW: the prefixes are withdrawn
    public record Announcement(NlriSlice prefixes, @Nullable PathAttributes attributes) {}

    public Update {
        faults = List.copyOf(faults);
        withdrawn = List.copyOf(withdrawn);
        announced = List.copyOf(announced);
        ignored = List.copyOf(ignored);
    }

    static Update reset(List<AttributeFault> faults) {
        return new Update(Fate.SESSION_RESET, faults, List.of(), List.of(), null, List.of());
    }

    /// The NOTIFICATION that the worst fault asks for.
    public Message.Notification notification() {
        AttributeFault worst = faults.getFirst();
        for (AttributeFault fault : faults) {
            if (fault.fate().compareTo(worst.fate()) > 0) {
                worst = fault;
            }
        }
        return Message.Notification.of(worst.code(), worst.evidence());
    }
}
