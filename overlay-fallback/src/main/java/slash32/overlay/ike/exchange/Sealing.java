package slash32.overlay.ike.exchange;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import slash32.overlay.ike.crypto.AesGcm;
import slash32.overlay.ike.crypto.IkeKeys;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.Payload;

/// The encrypted messages of one IKE SA, whole or in fragments (RFC 7296 §3.14, RFC 5282 §3, RFC 7383 §2.5, §2.6).
final class Sealing {
    /// Octets of a message that fit into an IPv6 packet of 1280 with UDP and the non-ESP marker (RFC 7383 §2.5.1).
    private static final int LARGEST_WHOLE = 1_228;

    private static final int FRAGMENT_PLAINTEXT = LARGEST_WHOLE - Header.BYTES - 8 - AesGcm.OVERHEAD_BYTES - 1;

    /// More parts than any certificate chain of ours needs; bounds what an authenticated peer makes us keep.
    private static final int MOST_FRAGMENTS = 64;

    private final AesGcm outbound;
    private final AesGcm inbound;
    private final boolean fragments;
    private final Reassembly requests = new Reassembly();
    private final Reassembly responses = new Reassembly();

    Sealing(IkeKeys keys, boolean initiator, boolean fragments) {
        outbound = new AesGcm(keys.cipher(initiator));
        inbound = new AesGcm(keys.cipher(!initiator));
        this.fragments = fragments;
    }

    /// The datagrams that carry {@code payloads}.
    List<byte[]> seal(Header header, List<Payload> payloads) {
        byte[] inner = MessageEncoder.inner(payloads);
        int first = MessageEncoder.firstType(payloads);
        int whole = Header.BYTES + 4 + AesGcm.OVERHEAD_BYTES + inner.length + 1;
        if (!fragments || whole <= LARGEST_WHOLE) {
            byte[] front = MessageEncoder.encryptedFront(header, first, inner.length + 1 + AesGcm.OVERHEAD_BYTES);
            return List.of(sealed(front, inner));
        }
        int total = (inner.length + FRAGMENT_PLAINTEXT - 1) / FRAGMENT_PLAINTEXT;
        var datagrams = new ArrayList<byte[]>();
        for (int number = 1; number <= total; number++) {
            int from = (number - 1) * FRAGMENT_PLAINTEXT;
            byte[] part = Arrays.copyOfRange(inner, from, Math.min(inner.length, from + FRAGMENT_PLAINTEXT));
            byte[] front = MessageEncoder.fragmentFront(
                    header, number == 1 ? first : 0, number, total, part.length + 1 + AesGcm.OVERHEAD_BYTES);
            datagrams.add(sealed(front, part));
        }
        return datagrams;
    }

    private byte[] sealed(byte[] front, byte[] plaintext) {
        byte[] padded = Arrays.copyOf(plaintext, plaintext.length + 1); // no padding, and an octet that says so
        byte[] sealed = outbound.seal(front, padded);
        byte[] datagram = Arrays.copyOf(front, front.length + sealed.length);
        System.arraycopy(sealed, 0, datagram, front.length, sealed.length);
        return datagram;
    }

    sealed interface Opened {
        /// All is there.
        ///
        /// @param repeat whether an answer to a repeated request is due: only its first fragment asks for one
        record Whole(Decoded inner, boolean repeat) implements Opened {}

        /// Authentic, but more has to come.
        record Part(int number) implements Opened {}

        /// Not of the peer.
        record Refused() implements Opened {}
    }

    Opened open(Message outer, byte[] datagram) {
        if (outer.payloads().isEmpty()) {
            return new Opened.Refused();
        }
        return switch (outer.payloads().getLast()) {
            case Payload.Encrypted sealed ->
                opened(datagram, sealed.sealed().toArray())
                        .<Opened>map(inner -> new Opened.Whole(
                                MessageDecoder.decodeInner(outer.header(), sealed.firstInner(), inner), true))
                        .orElseGet(Opened.Refused::new);
            case Payload.EncryptedFragment part
            when part.total() <= MOST_FRAGMENTS ->
                opened(datagram, part.sealed().toArray())
                        .map(inner ->
                                (outer.header().response() ? responses : requests).add(outer.header(), part, inner))
                        .orElseGet(Opened.Refused::new);
            default -> new Opened.Refused();
        };
    }

    private Optional<byte[]> opened(byte[] datagram, byte[] sealed) {
        byte[] front = Arrays.copyOf(datagram, datagram.length - sealed.length);
        return inbound.open(front, sealed).flatMap(padded -> {
            int padding = padded.length == 0 ? 0 : padded[padded.length - 1] & 0xff;
            int length = padded.length - 1 - padding;
            return length < 0 ? Optional.empty() : Optional.of(Arrays.copyOf(padded, length));
        });
    }

    /// The fragments of the one message of a direction that is on its way.
    private static final class Reassembly {
        private final TreeMap<Integer, byte[]> parts = new TreeMap<>();
        private int messageId;
        private int total;
        private int firstInner;

        Opened add(Header header, Payload.EncryptedFragment part, byte[] inner) {
            if (header.messageId() != messageId || part.total() > total) {
                parts.clear();
                messageId = header.messageId();
                total = part.total();
            }
            if (part.total() == total) {
                if (part.number() == 1) {
                    firstInner = part.firstInner();
                }
                parts.put(part.number(), inner);
            }
            if (parts.size() < total) {
                return new Opened.Part(part.number());
            }
            int length = parts.values().stream().mapToInt(one -> one.length).sum();
            byte[] whole = new byte[length];
            int at = 0;
            for (byte[] one : parts.values()) {
                System.arraycopy(one, 0, whole, at, one.length);
                at += one.length;
            }
            parts.clear();
            return new Opened.Whole(MessageDecoder.decodeInner(header, firstInner, whole), part.number() == 1);
        }
    }
}
