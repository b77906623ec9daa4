package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// Packs prefixes that share attributes, or that go, into as few UPDATE messages as fit (RFC 4271 §4.3, RFC 4760 §3).
///
/// Prefixes are added one by one; whenever a message is full, and at the end, it is handed to the consumer. Owned by
/// one thread; reused for any number of batches.
public final class UpdateEncoder {
    /// Room for the header of a message and of its MP attribute, which grow with neither prefixes nor attributes.
    private static final int OVERHEAD_BYTES = Framer.HEADER_BYTES + 4 + 4 + 5 + 48;

    private final Terms terms;
    private final Consumer<byte[]> messages;
    private byte[] nlri = new byte[Framer.MAX_BYTES];
    private int nlriLength;
    private AddressFamily family = AddressFamily.IPV4_UNICAST;
    private byte[] attributes = new byte[0];
    /// The next hop field; null while withdrawing.
    private @Nullable Bytes nextHop;

    private boolean pathIds;
    private boolean classic;

    /// An encoder for one session.
    ///
    /// @param messages takes each finished message
    public UpdateEncoder(Terms terms, Consumer<byte[]> messages) {
        this.terms = terms;
        this.messages = messages;
    }

    /// Begins announcements of {@code family} with these attributes.
    ///
    /// @throws IllegalArgumentException if the attributes have no next hop and the family needs one, or leave no
    /// room for a prefix
    public void beginAnnouncing(AddressFamily family, PathAttributes shared) {
        if (!tryAnnouncing(family, shared)) {
            throw new IllegalArgumentException(
                    "attributes of " + attributes.length + " octets leave no room for a prefix");
        }
    }

    /// The same for attributes that another session brought, where there may be more room.
    ///
    /// @return false if they leave no room for a prefix
    /// @throws IllegalArgumentException if they have no next hop and the family needs one
    public boolean tryAnnouncing(AddressFamily family, PathAttributes shared) {
        begin(family);
        nextHop = NextHop.encode(family, shared);
        if (nextHop.length() == 0 && family.needsNextHop()) {
            throw new IllegalArgumentException("attributes without a next hop announce nothing: " + shared);
        }
        classic = family.equals(AddressFamily.IPV4_UNICAST) && nextHop.length() == 4;
        attributes = AttributeEncoder.encode(shared, terms, classic ? shared.nextHop() : null);
        return attributes.length + OVERHEAD_BYTES + 21 <= terms.maxMessageBytes();
    }

    /// Begins withdrawals of {@code family}.
    public void beginWithdrawing(AddressFamily family) {
        begin(family);
        nextHop = null;
        attributes = new byte[0];
    }

    private void begin(AddressFamily next) {
        family = next;
        classic = next.equals(AddressFamily.IPV4_UNICAST);
        pathIds = terms.addPathSent().contains(next);
    }

    /// Adds a prefix; see {@link NlriSlice.Visitor} for its form.
    ///
    /// @param pathId left out in a session without path identifiers
    public void add(int pathId, long high, long low, int length) {
        int octets = (length + 7) / 8;
        makeRoom(5 + octets);
        if (pathIds) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                nlri[nlriLength++] = (byte) (pathId >>> shift);
            }
        }
        nlri[nlriLength++] = (byte) length;
        for (int i = 0; i < octets; i++) {
            nlri[nlriLength++] = (byte) (i < 8 ? high >>> (56 - 8 * i) : low >>> (120 - 8 * i));
        }
    }

    /// Adds a route of any family.
    ///
    /// @throws IllegalArgumentException if it fits no message beside its attributes
    public void add(Nlri route) {
        var octets = new ByteArrayOutputStream(64);
        NlriCodec.encode(nextHop == null ? NlriCodec.withdrawal(route) : route, pathIds, octets);
        if (OVERHEAD_BYTES + attributes.length + octets.size() > terms.maxMessageBytes()) {
            throw new IllegalArgumentException("no message has room for a route of " + octets.size() + " octets");
        }
        makeRoom(octets.size());
        System.arraycopy(octets.toByteArray(), 0, nlri, nlriLength, octets.size());
        nlriLength += octets.size();
    }

    private void makeRoom(int octets) {
        if (OVERHEAD_BYTES + attributes.length + nlriLength + octets > terms.maxMessageBytes()) {
            end();
        }
        if (nlriLength + octets > nlri.length) {
            nlri = Arrays.copyOf(nlri, terms.maxMessageBytes());
        }
    }

    /// Hands out what is not full.
    public void end() {
        if (nlriLength == 0) {
            return;
        }
        var body = new ByteArrayOutputStream(Framer.MAX_BYTES);
        if (classic) {
            classic(body);
        } else {
            multiprotocol(body);
        }
        nlriLength = 0;
        messages.accept(MessageEncoder.framed(Message.UPDATE, body.toByteArray()));
    }

    private void classic(ByteArrayOutputStream body) {
        boolean withdraws = nextHop == null;
        MessageEncoder.u16(withdraws ? nlriLength : 0, body);
        if (withdraws) {
            body.write(nlri, 0, nlriLength);
        }
        MessageEncoder.u16(attributes.length, body);
        body.writeBytes(attributes);
        if (!withdraws) {
            body.write(nlri, 0, nlriLength);
        }
    }

    /// MP_REACH_NLRI stands first (RFC 7606 §5.1).
    private void multiprotocol(ByteArrayOutputStream body) {
        var block = new ByteArrayOutputStream(Framer.MAX_BYTES);
        byte[] gateway = nextHop == null ? new byte[0] : nextHop.toArray();
        boolean announces = nextHop != null;
        int length = 3 + (announces ? 2 + gateway.length : 0) + nlriLength;
        int type = announces ? AttributeCode.MP_REACH_NLRI : AttributeCode.MP_UNREACH_NLRI;
        AttributeEncoder.header(AttributeCode.OPTIONAL, type, length, block);
        MessageEncoder.u16(family.afi(), block);
        block.write(family.safi());
        if (announces) {
            block.write(gateway.length);
            block.writeBytes(gateway);
            block.write(0);
        }
        block.write(nlri, 0, nlriLength);
        block.writeBytes(attributes);
        MessageEncoder.u16(0, body);
        MessageEncoder.u16(block.size(), body);
        body.writeBytes(block.toByteArray());
    }
}
