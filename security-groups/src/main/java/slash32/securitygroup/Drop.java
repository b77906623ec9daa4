package slash32.securitygroup;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A reason, and of packets from guests or to them.
public record Drop(DropReason reason, Direction direction) {
    /// Each that there is.
    public static final List<Drop> ALL = Arrays.stream(DropReason.values())
            .flatMap(reason -> Arrays.stream(Direction.values())
                    .filter(reason::isOf)
                    .map(direction -> new Drop(reason, direction)))
            .toList();

    private static final String MARK = "slash32 ";

    public Drop {
        if (!reason.isOf(direction)) {
            throw new IllegalArgumentException("no packet is dropped as " + reason + " at " + direction);
        }
    }

    /// True if it concerns the interface that the packet came in by, false if the one that it leaves by.
    public boolean isOfInput() {
        return direction == Direction.EGRESS || reason == DropReason.HOST_RULES;
    }

    /// What a log of the kernel has of it: {@code slash32 no-rule egress}.
    public String mark() {
        return MARK + this;
    }

    /// The one whose {@link #mark} it is; null for a stranger's.
    public static @Nullable Drop ofMark(String mark) {
        return ALL.stream().filter(drop -> drop.mark().equals(mark)).findAny().orElse(null);
    }

    @Override
    public String toString() {
        return reason.label() + " " + direction;
    }
}
