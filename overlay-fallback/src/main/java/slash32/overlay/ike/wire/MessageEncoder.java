package slash32.overlay.ike.wire;

import java.util.List;
import slash32.net.Bytes;

/// Writes messages (RFC 7296 §3.1 and on).
public final class MessageEncoder {
    private static final int VERSION = 0x20;
    private static final int NO_NEXT = 0;
    private static final int KEY_LENGTH_ATTRIBUTE = 0x800e;

    private MessageEncoder() {}

    /// A whole message.
    ///
    /// @throws IllegalArgumentException if a payload is longer than its length field can say
    public static byte[] encode(Message message) {
        return encode(message.header(), message.payloads());
    }

    public static byte[] encode(Header header, List<Payload> payloads) {
        var out = new Octets();
        header(out, header, firstType(payloads));
        chain(out, payloads);
        return finished(out);
    }

    /// What goes under the cipher, without the padding.
    public static byte[] inner(List<Payload> payloads) {
        var out = new Octets();
        chain(out, payloads);
        return out.toArray();
    }

    /// The type of the first payload; 0 if there is none.
    public static int firstType(List<Payload> payloads) {
        return payloads.isEmpty() ? NO_NEXT : payloads.getFirst().type();
    }

    /// The front of a message that holds only an Encrypted payload with {@code sealedBytes} to come: the associated
    /// data of its cipher (RFC 5282 §5.1).
    public static byte[] encryptedFront(Header header, int firstInner, int sealedBytes) {
        var out = new Octets();
        header(out, header, Payload.ENCRYPTED);
        out.u8(firstInner).u8(0).u16(0);
        out.u16At(Header.BYTES + 2, 4 + sealedBytes);
        return finished(out, out.length() + sealedBytes);
    }

    /// The same for one fragment (RFC 7383 §2.5).
    public static byte[] fragmentFront(Header header, int firstInner, int number, int total, int sealedBytes) {
        var out = new Octets();
        header(out, header, Payload.FRAGMENT);
        out.u8(firstInner).u8(0).u16(0).u16(number).u16(total);
        out.u16At(Header.BYTES + 2, 8 + sealedBytes);
        return finished(out, out.length() + sealedBytes);
    }

    /// The octets of an Identification payload after its generic header, which is what AUTH covers (RFC 7296 §2.15).
    public static byte[] identityBody(Identity identity) {
        return identity(new Octets(), identity).toArray();
    }

    private static void header(Octets out, Header header, int first) {
        out.u64(header.initiatorSpi()).u64(header.responderSpi()).u8(first).u8(VERSION);
        out.u8(header.exchange());
        out.u8((header.fromInitiator() ? Header.FLAG_INITIATOR : 0) | (header.response() ? Header.FLAG_RESPONSE : 0));
        out.u32(header.messageId()).u32(0);
    }

    private static byte[] finished(Octets out) {
        return finished(out, out.length());
    }

    private static byte[] finished(Octets out, int length) {
        out.u16At(Header.BYTES - 4, length >>> 16);
        out.u16At(Header.BYTES - 2, length & 0xffff);
        return out.toArray();
    }

    private static void chain(Octets out, List<Payload> payloads) {
        for (int i = 0; i < payloads.size(); i++) {
            Payload payload = payloads.get(i);
            int start = out.length();
            int next = i + 1 < payloads.size() ? payloads.get(i + 1).type() : NO_NEXT;
            boolean critical = payload instanceof Payload.Unknown unknown && unknown.critical();
            out.u8(next).u8(critical ? 0x80 : 0).u16(0);
            switch (payload) {
                case Payload.Encrypted encrypted -> {
                    out.u8At(start, encrypted.firstInner());
                    out.put(encrypted.sealed());
                }
                case Payload.EncryptedFragment part -> {
                    out.u8At(start, part.firstInner());
                    out.u16(part.number()).u16(part.total()).put(part.sealed());
                }
                default -> body(out, payload);
            }
            out.u16At(start + 2, out.length() - start);
        }
    }

    private static void body(Octets out, Payload payload) {
        switch (payload) {
            case Payload.SecurityAssociation sa -> proposals(out, sa.proposals());
            case Payload.KeyExchange exchange ->
                out.u16(exchange.method()).u16(0).put(exchange.value());
            case Payload.Identification id -> identity(out, id.identity());
            case Payload.Certificate certificate ->
                out.u8(certificate.encoding()).put(certificate.value());
            case Payload.CertificateRequest request ->
                out.u8(request.encoding()).put(request.authorities());
            case Payload.Authentication auth -> out.u8(auth.method()).zeros(3).put(auth.value());
            case Payload.Nonce nonce -> out.put(nonce.value());
            case Payload.Notify notify ->
                out.u8(notify.protocol())
                        .u8(notify.spi().length())
                        .u16(notify.notification())
                        .put(notify.spi())
                        .put(notify.body());
            case Payload.Delete delete -> {
                int spiBytes =
                        delete.spis().isEmpty() ? 0 : delete.spis().getFirst().length();
                out.u8(delete.protocol()).u8(spiBytes).u16(delete.spis().size());
                delete.spis().forEach(out::put);
            }
            case Payload.VendorId vendor -> out.put(vendor.value());
            case Payload.TrafficSelectors selectors -> selectors(out, selectors.selectors());
            case Payload.Unknown unknown -> out.put(unknown.value());
            case Payload.Encrypted _, Payload.EncryptedFragment _ ->
                throw new IllegalStateException("written by the chain");
        }
    }

    private static Octets identity(Octets out, Identity identity) {
        return out.u8(identity.type()).zeros(3).put(identity.value());
    }

    private static void selectors(Octets out, List<TrafficSelector> selectors) {
        out.u8(selectors.size()).zeros(3);
        for (TrafficSelector one : selectors) {
            Bytes start = Bytes.copyOf(one.start().toArray());
            out.u8(one.type()).u8(one.protocol()).u16(8 + 2 * start.length());
            out.u16(one.startPort()).u16(one.endPort()).put(start).put(one.end().toArray());
        }
    }

    private static void proposals(Octets out, List<Proposal> proposals) {
        for (int i = 0; i < proposals.size(); i++) {
            Proposal proposal = proposals.get(i);
            int start = out.length();
            out.u8(i + 1 < proposals.size() ? 2 : 0).u8(0).u16(0);
            out.u8(proposal.number()).u8(proposal.protocol());
            out.u8(proposal.spi().length()).u8(proposal.transforms().size()).put(proposal.spi());
            for (int k = 0; k < proposal.transforms().size(); k++) {
                transform(
                        out,
                        proposal.transforms().get(k),
                        k + 1 < proposal.transforms().size());
            }
            out.u16At(start + 2, out.length() - start);
        }
    }

    private static void transform(Octets out, Transform transform, boolean more) {
        int start = out.length();
        out.u8(more ? 3 : 0).u8(0).u16(0).u8(transform.type()).u8(0).u16(transform.id());
        if (transform.keyBits() != 0) {
            out.u16(KEY_LENGTH_ATTRIBUTE).u16(transform.keyBits());
        }
        out.put(transform.otherAttributes());
        out.u16At(start + 2, out.length() - start);
    }
}
