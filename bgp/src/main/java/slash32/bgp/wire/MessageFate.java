package slash32.bgp.wire;

import org.jspecify.annotations.Nullable;
import slash32.net.Asn;

/// What becomes of a message and of the session that it came in.
///
/// @param notification ends the session; null unless the fate is SESSION_RESET
public record MessageFate(Fate fate, Message.@Nullable Notification notification) {
    private static final MessageFate ACCEPTED = new MessageFate(Fate.ACCEPT, null);

    /// The fate of a whole message with its header.
    ///
    /// @param updates decodes the UPDATEs of a session of {@code terms}
    /// @param peerAs that an OPEN must name; null for any
    public static MessageFate of(byte[] message, Terms terms, UpdateDecoder updates, @Nullable Asn peerAs) {
        return switch (Framer.at(message, 0, message.length, terms.maxMessageBytes())) {
            case Framer.Frame.Malformed(Message.Notification why) -> reset(why);
            case Framer.Frame.Incomplete() -> reset(Message.Notification.of(NotificationCode.BAD_MESSAGE_LENGTH));
            case Framer.Frame.Whole(int type, int length) ->
                type == Message.UPDATE
                        ? ofUpdate(updates.decode(message, Framer.HEADER_BYTES, length))
                        : ofOther(MessageDecoder.decode(type, message, Framer.HEADER_BYTES, length), peerAs);
        };
    }

    /// The fate of an UPDATE.
    public static MessageFate ofUpdate(Update update) {
        return update.fate() == Fate.SESSION_RESET
                ? reset(update.notification())
                : new MessageFate(update.fate(), null);
    }

    private static MessageFate ofOther(MessageDecoder.Decoded decoded, @Nullable Asn peerAs) {
        return switch (decoded) {
            case MessageDecoder.Decoded.Refused(Message.Notification why) -> reset(why);
            case MessageDecoder.Decoded.Accepted(Message.Open open)
            when peerAs != null && !open.asn().equals(peerAs) ->
                reset(Message.Notification.of(NotificationCode.BAD_PEER_AS));
            case MessageDecoder.Decoded.Accepted _ -> ACCEPTED;
        };
    }

    private static MessageFate reset(Message.Notification why) {
        return new MessageFate(Fate.SESSION_RESET, why);
    }
}
