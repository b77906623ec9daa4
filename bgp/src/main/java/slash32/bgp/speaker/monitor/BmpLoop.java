package slash32.bgp.speaker.monitor;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.bmp.BmpEncoder;
import slash32.bgp.bmp.BmpMessage;
import slash32.bgp.bmp.BmpMessage.Tlv;
import slash32.bgp.speaker.Monitoring;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.reconcile.Backoff;

/// Keeps one monitoring station told (RFC 7854): connects, writes what its {@link BmpFeed} says, and connects again.
/// {@link #run} is a thread of its own, {@link #close} is for any.
public final class BmpLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BmpLoop.class);

    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
    private static final long FAREWELL_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int SEND_BYTES = 256 * 1024;
    private static final int BUFFER_BYTES = 64 * 1024;

    private final BmpStation station;
    private final Speaking speaking;
    private final Monitoring monitoring;
    private final @Nullable ReceivedRoutes received;
    private final Limits limits;
    private final Object lock = new Object();
    private volatile boolean closed;
    private @Nullable Socket socket;
    private @Nullable Outbox outbox;

    /// Who speaks.
    ///
    /// @param name the node's
    /// @param description its software, for people
    public record Speaking(String name, String description, Asn asn, BgpIdentifier identifier) {}

    /// How patient we are.
    ///
    /// @param retry between connections (RFC 7854 §3.2 suggests 30 s at first and 12 minutes at last)
    /// @param waitingBytesMax the connection of a station for which more waits is closed
    public record Limits(Backoff retry, long waitingBytesMax) {
        public static final Limits DEFAULT = new Limits(
                new Backoff(
                        Duration.ofSeconds(10).toNanos(), Duration.ofMinutes(12).toNanos()),
                64L << 20);
    }

    private BmpLoop(
            BmpStation station,
            Speaking speaking,
            Monitoring monitoring,
            @Nullable ReceivedRoutes received,
            Limits limits) {
        this.station = station;
        this.speaking = speaking;
        this.monitoring = monitoring;
        this.received = received;
        this.limits = limits;
    }

    /// A loop for each station. To be made before the speaker starts: what it learns before that is not told as what
    /// peers announced.
    public static List<BmpLoop> of(List<BmpStation> stations, Speaking speaking, Monitoring monitoring, Limits limits) {
        boolean wanted = stations.stream().anyMatch(station -> station.ribs().contains(MonitoredRib.PRE_POLICY));
        ReceivedRoutes received = wanted ? new ReceivedRoutes(monitoring.families()) : null;
        if (received != null) {
            monitoring.add(received);
        }
        return stations.stream()
                .map(station -> new BmpLoop(
                        station,
                        speaking,
                        monitoring,
                        station.ribs().contains(MonitoredRib.PRE_POLICY) ? received : null,
                        limits))
                .toList();
    }

    public BmpStation station() {
        return station;
    }

    /// Ends when it is closed.
    public void run() throws InterruptedException {
        int failures = 0;
        while (!closed) {
            try (var connection = new Socket()) {
                if (!use(connection)) {
                    return;
                }
                var to = new InetSocketAddress(
                        InetAddress.getByAddress(station.address().toArray()), station.port());
                connection.setSendBufferSize(SEND_BYTES); // what waits, waits where it is counted
                connection.connect(to, CONNECT_TIMEOUT_MILLIS);
                connection.setKeepAlive(true);
                failures = 0;
                LOG.info("bmp={} event=connected", station);
                tell(connection);
            } catch (IOException e) {
                failures++;
                if (!closed) {
                    LOG.warn("bmp={} event=lost reason=\"{}\"", station, e.getMessage());
                }
            }
            pause(limits.retry().delayNanos(Math.max(1, failures)));
        }
    }

    /// False if nothing is to be done any more.
    private boolean use(Socket connection) {
        synchronized (lock) {
            socket = connection;
            return !closed;
        }
    }

    private void pause(long nanos) throws InterruptedException {
        long until = System.nanoTime() + nanos;
        synchronized (lock) {
            while (!closed && until - System.nanoTime() > 0) {
                TimeUnit.NANOSECONDS.timedWait(lock, until - System.nanoTime());
            }
        }
    }

    private void tell(Socket connection) throws IOException, InterruptedException {
        var waiting = new Outbox(limits.waitingBytesMax());
        synchronized (lock) {
            outbox = waiting;
            if (closed) {
                waiting.close();
            }
        }
        waiting.put(BmpEncoder.encode(new BmpMessage.Initiation(List.of(
                Tlv.text(Tlv.SYSTEM_DESCRIPTION, speaking.description()),
                Tlv.text(Tlv.SYSTEM_NAME, speaking.name())))));
        var router = new BmpFeed.Router(speaking.asn(), speaking.identifier());
        var feed = new BmpFeed(router, station.ribs(), monitoring, received, waiting, () -> abort(connection));
        feed.begin();
        try (OutputStream out = new BufferedOutputStream(connection.getOutputStream(), BUFFER_BYTES)) {
            write(waiting, feed, out);
        } catch (IOException e) {
            throw waiting.isOverflown() ? tooSlow() : e;
        } finally {
            feed.end();
            synchronized (lock) {
                outbox = null;
                lock.notifyAll();
            }
        }
    }

    private IOException tooSlow() {
        return new IOException(
                "the station is too slow: more than " + limits.waitingBytesMax() + " octets waited for it");
    }

    private void write(Outbox waiting, BmpFeed feed, OutputStream out) throws IOException, InterruptedException {
        long statisticsNanos = station.statistics().toNanos();
        long nextReport = System.nanoTime() + (statisticsNanos == 0 ? Long.MAX_VALUE / 2 : statisticsNanos);
        while (!closed) {
            List<byte[]> messages = waiting.take(nextReport);
            if (waiting.isOverflown()) {
                throw tooSlow();
            }
            long octets = 0;
            for (byte[] message : messages) {
                out.write(message);
                octets += message.length;
            }
            out.flush();
            waiting.written(octets);
            if (!messages.isEmpty()) {
                feed.more();
            }
            if (nextReport - System.nanoTime() <= 0) {
                nextReport += statisticsNanos;
                monitoring.execute(feed::statistics);
            }
        }
        out.write(BmpEncoder.encode(new BmpMessage.Termination(List.of(
                new Tlv(Tlv.REASON, Bytes.copyOf(new byte[] {0, BmpMessage.Termination.CLOSED}))))));
    }

    /// Called by thread {@code bgp}, which must not wait for a station that takes nothing.
    private static void abort(Socket connection) {
        try {
            connection.close();
        } catch (IOException e) {
            LOG.debug("event=close-failed reason=\"{}\"", e.getMessage());
        }
    }

    /// Says goodbye to a station that takes it within a second, and drops the connection to one that does not.
    @Override
    public void close() {
        Socket connection;
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
            if (outbox != null) {
                outbox.close();
            }
            awaitFarewell();
            connection = socket;
        }
        if (connection != null) {
            abort(connection);
        }
    }

    private void awaitFarewell() {
        long until = System.nanoTime() + FAREWELL_NANOS;
        synchronized (lock) {
            try {
                while (outbox != null && until - System.nanoTime() > 0) {
                    TimeUnit.NANOSECONDS.timedWait(lock, until - System.nanoTime());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
