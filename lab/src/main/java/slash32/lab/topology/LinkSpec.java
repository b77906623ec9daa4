package slash32.lab.topology;

import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Place;

/// A link between two ends, or an interface with nothing at the other end.
///
/// @param b null for a dummy interface
/// @param key where it is in the file, as findings call it
public record LinkSpec(LinkEnd a, @Nullable LinkEnd b, int mtuBytes, Place place, String key) {
    /// What upstream gives a link without `mtu`.
    public static final int DEFAULT_MTU_BYTES = 9500;
}
