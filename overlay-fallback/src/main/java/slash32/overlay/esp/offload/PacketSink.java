package slash32.overlay.esp.offload;

/// Takes packets one by one. The array is the giver's again when the call returns.
@FunctionalInterface
public interface PacketSink {
    void packet(byte[] octets, int at, int length);
}
