package slash32.bgp.speaker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.Policy;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.session.SessionState;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
/// Two speakers of ours, a peer, and what passes between them.

final class InteropStage {
    private static final Asn AS = new Asn(65000);
    static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    final List<Speaker> speakers = new ArrayList<>();
    Recorder atOne = new Recorder();
    Recorder atTwo = new Recorder();
    boolean addPath;
    Set<AddressFamily> families = FAMILIES;
    private @Nullable Process capture;
    private int captured;

    void begin(RealPeer peer, @Nullable String password) throws IOException {
        Bytes key = password == null ? null : Bytes.copyOf(password.getBytes(StandardCharsets.US_ASCII));
        capture(peer);
        peer.start(password);
        atOne = new Recorder();
        atTwo = new Recorder();
        speakers.add(speaker("10.0.0.11", key, atOne));
        speakers.add(speaker("10.0.0.12", key, atTwo));
    }

    void end(RealPeer peer) throws IOException, InterruptedException {
        speakers.forEach(Speaker::close);
        speakers.clear();
        peer.kill();
        if (capture != null) {
            capture.destroy();
            capture.waitFor();
            Files.writeString(captured(peer, "log"), peer.view("10.0.0.11"));
        }
    }

    /// With `-Dinterop.captures=FOLDER` what is on the wire and what the peer logs is kept, a file for each start.
    private void capture(RealPeer peer) throws IOException {
        String captures = System.getProperty("interop.captures", "");
        if (!captures.isEmpty()) {
            captured++;
            var command = "tcpdump --immediate-mode -U -i lo -w " + captured(peer, "pcap") + " port 179 or port 1790";
            capture = new ProcessBuilder("sh", "-c", "exec " + command)
                    .redirectErrorStream(true)
                    .start();
            capture.inputReader().readLine(); // "listening on lo"
        }
    }

    private Path captured(RealPeer peer, String what) {
        return Path.of(System.getProperty("interop.captures", ""), peer.name() + "-" + captured + "." + what);
    }

    void waitFor(String what, BooleanSupplier condition) throws InterruptedException {
        waitFor(what, 20, condition);
    }

    void waitFor(String what, int seconds, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what);
            }
            atTwo.pause();
        }
    }

    static boolean isUp(Recorder recorder) {
        return recorder.state(RealPeer.OWN) == SessionState.ESTABLISHED;
    }

    PathAttributes path(Prefix prefix) {
        PathAttributes path = atTwo.routes.get(prefix);
        if (path == null) {
            throw new AssertionError("no route to " + prefix);
        }
        return path;
    }

    SessionTerms terms() {
        SessionTerms terms = speakers.getLast().status().peers().getFirst().terms();
        if (terms == null) {
            throw new AssertionError("no session");
        }
        return terms;
    }

    PeerStatus.Counters counters(int speaker) {
        return speakers.get(speaker).status().peers().getFirst().counters();
    }

    Speaker speaker(String address, @Nullable Bytes key, Recorder recorder) throws IOException {
        var speaker = new Speaker(config(address, key, null), recorder);
        speaker.start();
        return speaker;
    }

    SpeakerConfig config(String address, @Nullable Bytes key, @Nullable Policy in) {
        IpAddress own = IpAddress.parse(address);
        var session = new SessionOptions(480, 0, null, false, true, addPath ? families : Set.of(), Set.of(), Set.of());
        var options = new PeerOptions(session, Map.of(), 0, in, null);
        var peer = new PeerConfig(IpAddress.parse(RealPeer.OWN), 179, own, AS, families, key, 9, 60, false, options);
        return new SpeakerConfig(
                AS,
                new BgpIdentifier(((Ipv4Address) own).value()),
                List.of(own),
                1790,
                List.of(peer),
                true,
                Duration.ofSeconds(5),
                List.of(),
                null,
                4);
    }
}
