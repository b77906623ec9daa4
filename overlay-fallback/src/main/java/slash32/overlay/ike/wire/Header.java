package slash32.overlay.ike.wire;

/// The IKE header but its length and first payload (RFC 7296 §3.1).
///
/// @param initiatorSpi of who began the IKE SA, not of who began this exchange; never 0
/// @param responderSpi 0 in the first message
/// @param messageId an unsigned number of 32 bits
public record Header(
        long initiatorSpi, long responderSpi, int exchange, boolean fromInitiator, boolean response, int messageId) {
    public static final int BYTES = 28;

    public static final int IKE_SA_INIT = 34;
    public static final int IKE_AUTH = 35;
    public static final int CREATE_CHILD_SA = 36;
    public static final int INFORMATIONAL = 37;

    static final int FLAG_INITIATOR = 0x08;
    static final int FLAG_RESPONSE = 0x20;

    /// The header of the answer.
    public Header answer() {
        return new Header(initiatorSpi, responderSpi, exchange, !fromInitiator, true, messageId);
    }

    @Override
    public String toString() {
        return "%016x/%016x exchange %d %s %d from %s"
                .formatted(
                        initiatorSpi,
                        responderSpi,
                        exchange,
                        response ? "response" : "request",
                        messageId & 0xffff_ffffL,
                        fromInitiator ? "initiator" : "responder");
    }
}
