package slash32.bgp.speaker.monitor;

import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.bmp.BmpEncoder;
import slash32.bgp.bmp.BmpMessage;
import slash32.bgp.bmp.PeerHeader;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Bytes;

/// One RIB of one peer as Route Monitoring messages: paths that follow each other and share attributes share a message.
final class RibStream {
    private static final Logger LOG = LoggerFactory.getLogger(RibStream.class);

    /// Stations need not be made for the longest messages that there are.
    private static final int PREFIXES_MAX = 128;

    /// Names routes that are not plain prefixes.
    interface Routes {
        Nlri route(AddressFamily family, long number, int pathId, @Nullable PathAttributes attributes);
    }

    private final PeerHeader header;
    private final Routes routes;
    private final Consumer<byte[]> messages;
    private final UpdateEncoder encoder;
    private @Nullable AddressFamily family;
    private @Nullable PathAttributes attributes;
    private int prefixes;

    /// A stream whose UPDATEs have AS numbers of four octets, whatever the session has (RFC 7854 §4.2).
    ///
    /// @param pathIds families whose prefixes have path identifiers
    RibStream(PeerHeader header, Terms session, Set<AddressFamily> pathIds, Routes routes, Consumer<byte[]> messages) {
        this.header = header;
        this.routes = routes;
        this.messages = messages;
        var terms = new Terms(
                session.internal(), true, session.families(), Set.of(), pathIds, true, session.extendedNextHops());
        encoder = new UpdateEncoder(terms, this::update);
    }

    /// A path has these attributes now; none if they are null.
    ///
    /// @param high the route's number, unless the family is plain prefixes
    void add(AddressFamily of, int pathId, long high, long low, int length, @Nullable PathAttributes now) {
        if (!of.equals(family) || !Objects.equals(now, attributes) || prefixes == PREFIXES_MAX) {
            begin(of, now);
        }
        if (of.isPrefixes()) {
            encoder.add(pathId, high, low, length);
        } else {
            encoder.add(routes.route(of, high, pathId, now));
        }
        prefixes++;
    }

    private void begin(AddressFamily of, @Nullable PathAttributes now) {
        end();
        family = of;
        attributes = now;
        if (now == null) {
            encoder.beginWithdrawing(of);
        } else if (!encoder.tryAnnouncing(of, now)) {
            LOG.warn("peer={} event=route-not-monitored reason=\"no message has room for its attributes\"", header);
            encoder.beginWithdrawing(of);
        }
    }

    /// Hands out what is not full.
    void end() {
        encoder.end();
        family = null;
        attributes = null;
        prefixes = 0;
    }

    /// All routes of {@code of} have been told (RFC 7854 §5).
    void endOfRib(AddressFamily of) {
        end();
        update(MessageEncoder.endOfRib(of));
    }

    /// An UPDATE as it is.
    void pass(byte[] update) {
        end();
        update(update);
    }

    private void update(byte[] update) {
        messages.accept(BmpEncoder.encode(new BmpMessage.RouteMonitoring(header, Bytes.copyOf(update))));
    }
}
