package slash32.bgp.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A decoded UPDATE.
///
/// @param fate SESSION_RESET makes all else but {@code faults} meaningless
/// @param faults what was wrong, in order; empty for ACCEPT
/// @param attributes of the announced prefixes; null if nothing is announced, or the fate is TREAT_AS_WITHDRAW
/// @param withdrawn prefixes withdrawn, one slice per family
/// @param announced prefixes announced, one slice per family; withdrawn too if the fate is TREAT_AS_WITHDRAW
/// @param endOfRib the family whose initial update this ends (RFC 4724 §2)
/// @param ignored families that the message names and the session has not agreed on
public record Update(
        Fate fate,
        List<AttributeFault> faults,
        @Nullable PathAttributes attributes,
        List<NlriSlice> withdrawn,
        List<NlriSlice> announced,
        @Nullable AddressFamily endOfRib,
        List<AddressFamily> ignored) {
    public Update {
        faults = List.copyOf(faults);
        withdrawn = List.copyOf(withdrawn);
        announced = List.copyOf(announced);
        ignored = List.copyOf(ignored);
    }

    static Update reset(AttributeFault fault) {
        return new Update(Fate.SESSION_RESET, List.of(fault), null, List.of(), List.of(), null, List.of());
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
