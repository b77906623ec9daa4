package slash32.bgp.session;

import java.util.Arrays;
import slash32.bgp.wire.Message.Notification;
import slash32.bgp.wire.NotificationCode;
import slash32.net.Bytes;

/// The NOTIFICATION that ends a session for good, routes included, where both ends keep routes over any other (RFC 8538
/// §3.1): a Cease that holds the real one.
final class HardReset {
    private HardReset() {}

    static Notification of(Notification why) {
        byte[] value = new byte[2 + why.value().length()];
        value[0] = (byte) why.code();
        value[1] = (byte) why.subcode();
        System.arraycopy(why.value().toArray(), 0, value, 2, why.value().length());
        return Notification.of(NotificationCode.HARD_RESET, Bytes.copyOf(value));
    }

    static boolean isOne(Notification notification) {
        return notification.code() == NotificationCode.HARD_RESET.code()
                && notification.subcode() == NotificationCode.HARD_RESET.subcode();
    }

    /// What it holds, or itself if it is none or holds nothing.
    static Notification inner(Notification notification) {
        byte[] value = notification.value().toArray();
        return isOne(notification) && value.length >= 2
                ? new Notification(
                        value[0] & 0xff, value[1] & 0xff, Bytes.copyOf(Arrays.copyOfRange(value, 2, value.length)))
                : notification;
    }
}
