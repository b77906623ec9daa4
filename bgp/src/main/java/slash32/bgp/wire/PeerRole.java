package slash32.bgp.wire;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a speaker is in an external session (RFC 9234 §4.1).
public enum PeerRole {
    PROVIDER(0),
    ROUTE_SERVER(1),
    ROUTE_SERVER_CLIENT(2),
    CUSTOMER(3),
    PEER(4);

    private final int code;

    PeerRole(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static @Nullable PeerRole of(int code) {
        for (PeerRole role : values()) {
            if (role.code == code) {
                return role;
            }
        }
        return null;
    }

    /// What the other end must be (RFC 9234 §4.2).
    public PeerRole counterpart() {
        return switch (this) {
            case PROVIDER -> CUSTOMER;
            case CUSTOMER -> PROVIDER;
            case ROUTE_SERVER -> ROUTE_SERVER_CLIENT;
            case ROUTE_SERVER_CLIENT -> ROUTE_SERVER;
            case PEER -> PEER;
        };
    }

    /// As in the configuration: "route-server-client".
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
