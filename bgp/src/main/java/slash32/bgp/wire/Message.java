package slash32.bgp.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.Bytes;

/// A BGP message other than UPDATE, whose decoding is {@link UpdateDecoder}'s.
public sealed interface Message {
    int OPEN = 1;
    int UPDATE = 2;
    int NOTIFICATION = 3;
    int KEEPALIVE = 4;
    int ROUTE_REFRESH = 5;

    int VERSION = 4;

    /// RFC 4271 §4.2.
    ///
    /// @param asn from the four-octet AS capability if that is there, else My Autonomous System
    /// @param holdSeconds 0 to 65535 as proposed
    record Open(Asn asn, int holdSeconds, BgpIdentifier identifier, List<Capability> capabilities) implements Message {
        public Open {
            capabilities = List.copyOf(capabilities);
        }
    }

    record Keepalive() implements Message {}

    /// RFC 4271 §4.5.
    record Notification(int code, int subcode, Bytes value) implements Message {
        public static Notification of(NotificationCode code) {
            return new Notification(code.code(), code.subcode(), Bytes.EMPTY);
        }

        public static Notification of(NotificationCode code, Bytes value) {
            return new Notification(code.code(), code.subcode(), value);
        }

        /// A Cease with a shutdown communication (RFC 9003 §2), cut to 255 octets of UTF-8.
        public static Notification cease(NotificationCode code, String reason) {
            byte[] text = reason.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(text.length, 255);
            while (length > 0 && length < text.length && (text[length] & 0xc0) == 0x80) {
                length--;
            }
            byte[] value = new byte[1 + length];
            value[0] = (byte) length;
            System.arraycopy(text, 0, value, 1, length);
            return of(code, Bytes.copyOf(value));
        }

        /// The shutdown communication of a Cease, if there is a well-formed one.
        public @Nullable String communication() {
            boolean may = code == 6
                    && (subcode == NotificationCode.ADMINISTRATIVE_SHUTDOWN.subcode()
                            || subcode == NotificationCode.ADMINISTRATIVE_RESET.subcode());
            if (!may || value.length() < 2 || value.unsignedAt(0) > value.length() - 1) {
                return null;
            }
            return new String(value.toArray(), 1, value.unsignedAt(0), StandardCharsets.UTF_8);
        }

        /// For people: "cease/administrative shutdown (maintenance)", or the numbers of one that we don't know.
        public String text() {
            String communication = communication();
            for (NotificationCode known : NotificationCode.values()) {
                if (known.code() == code && known.subcode() == subcode) {
                    return known.text() + (communication == null ? "" : " (" + communication + ")");
                }
            }
            return "notification " + code + "/" + subcode;
        }
    }

    /// RFC 2918 §3, RFC 7313 §3.2.
    ///
    /// @param subtype 0 request, 1 begin, 2 end
    record RouteRefresh(AddressFamily family, int subtype) implements Message {}
}
