package slash32.agent.config;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.bgp.bfd.BfdTerms;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// How one kind of scalar is read.
///
/// @param tag what YAML must take it for
/// @param allowed for people, in every message about it
/// @param reader throws {@link IllegalArgumentException} with the reason
record Scalar<T>(Tag tag, String allowed, Function<String, T> reader) {
    private static final int MAX_SOCKET_PATH_BYTES = 100;
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern NAME_FORM = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

    static final Scalar<String> NAME = new Scalar<>(
            Tag.STR, "1 to 63 characters of A-Z a-z 0-9 . _ -, the first and last a letter or digit", Scalar::name);
    static final Scalar<Boolean> BOOLEAN = new Scalar<>(Tag.BOOL, "true or false", Boolean::valueOf);
    static final Scalar<Asn> ASN = new Scalar<>(Tag.INT, "1 to 4294967295", text -> new Asn(integer(text)));
    static final Scalar<IpAddress> ADDRESS =
            new Scalar<>(Tag.STR, "a unicast IPv4 or IPv6 address", text -> unicast(IpAddress.parse(text)));
    static final Scalar<Ipv4Address> IPV4 =
            new Scalar<>(Tag.STR, "a unicast IPv4 address", text -> unicast(Ipv4Address.parse(text)));
    static final Scalar<Ipv6Address> IPV6 =
            new Scalar<>(Tag.STR, "a unicast IPv6 address", text -> unicast(Ipv6Address.parse(text)));
    /// RFC 6286 §2.1: any but zero.
    static final Scalar<Ipv4Address> ROUTER_ID = new Scalar<>(Tag.STR, "an IPv4 address but 0.0.0.0", Scalar::routerId);

    static final Scalar<Integer> PORT = new Scalar<>(Tag.INT, "1 to 65535", Scalar::port);
    static final Scalar<SocketEndpoint> SOCKET =
            new Scalar<>(Tag.STR, "address:port or [address]:port", SocketEndpoint::parse);
    static final Scalar<InterfaceName> INTERFACE =
            new Scalar<>(Tag.STR, "an interface name of 1 to 15 characters", InterfaceName::new);
    static final Scalar<Path> ABSOLUTE_PATH = new Scalar<>(Tag.STR, "an absolute path", Scalar::path);
    /// sockaddr_un has room for 107 bytes, of which the fresh socket's suffix takes some.
    static final Scalar<Path> SOCKET_PATH = new Scalar<>(
            Tag.STR, "an absolute path of at most " + MAX_SOCKET_PATH_BYTES + " bytes", Scalar::socketPath);

    static final Scalar<Duration> HOLD_TIME =
            new Scalar<>(Tag.STR, "0s, or 3s to 65535s in whole seconds", Scalar::holdTime);
    static final Scalar<Duration> RESTART_TIME =
            new Scalar<>(Tag.STR, "0s to 4095s in whole seconds", Scalar::restartTime);

    /// RFC 9494 §3.1.
    static final Scalar<Duration> LONG_LIVED_TIME =
            new Scalar<>(Tag.STR, "0s to 16777215s in whole seconds", text -> seconds(text, 0xff_ffff));

    /// RFC 9687 §6.
    static final Scalar<Duration> SEND_HOLD_TIME =
            new Scalar<>(Tag.STR, "0s to 65535s in whole seconds", text -> seconds(text, 65_535));

    static final Scalar<Duration> PAUSE =
            new Scalar<>(Tag.STR, "1s to 1000000s in whole seconds", text -> atLeastOne(seconds(text, 1_000_000)));
    static final Scalar<Duration> REPORT_INTERVAL =
            new Scalar<>(Tag.STR, "0s to 86400s in whole seconds", text -> seconds(text, 86_400));
    static final Scalar<Duration> BFD_INTERVAL = new Scalar<>(Tag.STR, "10ms to 60s", Scalar::bfdInterval);
    static final Scalar<Integer> BFD_MULTIPLIER =
            new Scalar<>(Tag.INT, "1 to 255", text -> (int) between(1, 255, text));

    static final Scalar<Duration> ANSWER_TIME = new Scalar<>(Tag.STR, "100ms to 60s", Scalar::answerTime);
    static final Scalar<Duration> KEY_LIFE = new Scalar<>(Tag.STR, "5s to 168h", Scalar::keyLife);
    static final Scalar<Duration> PROBE_INTERVAL =
            new Scalar<>(Tag.STR, "0s, or 1s to 3600s in whole seconds", text -> seconds(text, 3_600));
    static final Scalar<URI> HTTP_ADDRESS =
            new Scalar<>(Tag.STR, "http://host:port or https://host:port", Scalar::httpAddress);

    private static String name(String text) {
        if (!NAME_FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("not a name: '" + text + "'");
        }
        return text;
    }

    static long integer(String text) {
        if (text.length() > 18) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return Long.parseLong(text);
    }

    private static int port(String text) {
        return (int) between(1, 65_535, text);
    }

    private static long between(long least, long most, String text) {
        long number = integer(text);
        if (number < least || number > most) {
            throw new IllegalArgumentException("out of range: " + number);
        }
        return number;
    }

    private static Duration answerTime(String text) {
        Duration time = duration(text);
        if (time.toMillis() < 100 || time.toSeconds() > 60) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return time;
    }

    private static Duration keyLife(String text) {
        Duration time = duration(text);
        if (time.toSeconds() < 5 || time.toHours() > 168) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return time;
    }

    private static URI httpAddress(String text) {
        URI uri = URI.create(text);
        boolean plain = uri.getRawQuery() == null && uri.getRawFragment() == null && uri.getRawUserInfo() == null;
        boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        boolean bare = uri.getRawPath() == null
                || uri.getRawPath().isEmpty()
                || uri.getRawPath().equals("/");
        if (!web || !plain || !bare || uri.getHost() == null) {
            throw new IllegalArgumentException("not the address of an HTTP service: '" + text + "'");
        }
        return uri;
    }

    private static Ipv4Address routerId(String text) {
        Ipv4Address id = Ipv4Address.parse(text);
        if (id.isUnspecified()) {
            throw new IllegalArgumentException("not a BGP Identifier: '" + text + "'");
        }
        return id;
    }

    private static <A extends IpAddress> A unicast(A address) {
        if (address.isMulticast() || address.isUnspecified()) {
            throw new IllegalArgumentException("not a unicast address: " + address);
        }
        return address;
    }

    private static Path path(String text) {
        if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not an absolute path: '" + text + "'");
        }
        return Path.of(text);
    }

    private static Path socketPath(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH_BYTES) {
            throw new IllegalArgumentException("too long for a socket: '" + text + "'");
        }
        return path(text);
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a duration, a number with ms, s, m or h: '" + text + "'");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    private static Duration holdTime(String text) {
        Duration time = duration(text);
        if (!PeerConfig.isHoldTime(time)) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return time;
    }

    private static Duration restartTime(String text) {
        return seconds(text, 4095);
    }

    private static Duration seconds(String text, long most) {
        Duration time = duration(text);
        if (time.toSeconds() > most || time.toMillisPart() != 0) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return time;
    }

    private static Duration atLeastOne(Duration time) {
        if (time.isZero()) {
            throw new IllegalArgumentException("out of range: 0s");
        }
        return time;
    }

    private static Duration bfdInterval(String text) {
        Duration interval = duration(text);
        if (interval.compareTo(BfdTerms.INTERVAL_MIN) < 0 || interval.compareTo(BfdTerms.INTERVAL_MAX) > 0) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return interval;
    }
}
