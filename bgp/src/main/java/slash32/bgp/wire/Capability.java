package slash32.bgp.wire;

import java.util.List;
import slash32.net.Bytes;

/// What a speaker says in OPEN that it can do (RFC 5492 §4).
public sealed interface Capability {
    /// The IANA code.
    int code();

    /// RFC 4760 §8.
    record MultiProtocol(AddressFamily family) implements Capability {
        static final int CODE = 1;

        @Override
        public int code() {
            return CODE;
        }
    }

    /// RFC 2918 §2.
    record Refresh() implements Capability {
        static final int CODE = 2;

        @Override
        public int code() {
            return CODE;
        }
    }

    /// RFC 8654 §3: messages of up to 65,535 octets.
    record ExtendedMessage() implements Capability {
        static final int CODE = 6;

        @Override
        public int code() {
            return CODE;
        }
    }

    /// RFC 4724 §3, with the Notification bit of RFC 8538 §2.
    ///
    /// @param restarted Restart State: this OPEN follows a restart, do not wait for my End-of-RIB
    /// @param onNotification a NOTIFICATION or an expired hold timer is survived as well
    /// @param restartSeconds 0 to 4095
    /// @param families those whose forwarding state may be kept; often none, for the helper role alone
    record GracefulRestart(boolean restarted, boolean onNotification, int restartSeconds, List<RestartFamily> families)
            implements Capability {
        static final int CODE = 64;

        public GracefulRestart {
            if (restartSeconds < 0 || restartSeconds > 0xfff) {
                throw new IllegalArgumentException("restart time must be 0 to 4095 s, was " + restartSeconds);
            }
            families = List.copyOf(families);
        }

        @Override
        public int code() {
            return CODE;
        }
    }

    /// One family of {@link GracefulRestart}.
    ///
    /// @param forwardingPreserved the routes of this family stayed in the data plane over the restart
    record RestartFamily(AddressFamily family, boolean forwardingPreserved) {}

    /// RFC 6793 §3.
    ///
    /// @param asn 0 to 4294967295; zero is refused in negotiation (RFC 7607 §2)
    record FourOctetAs(long asn) implements Capability {
        static final int CODE = 65;

        @Override
        public int code() {
            return CODE;
        }
    }

    /// RFC 7313 §3.1.
    record EnhancedRefresh() implements Capability {
        static final int CODE = 70;

        @Override
        public int code() {
            return CODE;
        }
    }

    /// One that is kept and shown, and not acted upon.
    record Unknown(int code, Bytes value) implements Capability {}
}
