package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.SasView.PeerKeys;
import slash32.agent.status.SasView.Sa;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.pki.PeerCertificate;

/// Keys with nodes of other sites as JSON (docs/openapi.yaml) and as text.
public final class SasFormat {
    private SasFormat() {}

    public static void json(JsonGenerator json, SasView view) throws IOException {
        json.writeStartObject();
        SasView.Carrier carrier = view.carrier();
        if (carrier != null) {
            json.writeObjectFieldStart("dataPath");
            json.writeStringField("kind", carrier.kind().label());
            json.writeBooleanField("fallback", carrier.isFallback());
            if (carrier.instead() != null) {
                json.writeStringField("reason", carrier.instead());
            }
            json.writeEndObject();
        }
        json.writeArrayFieldStart("peers");
        for (PeerKeys peer : view.peers()) {
            peer(json, peer);
        }
        json.writeEndArray();
        counts(json, "drops", view.drops());
        counts(json, "guarded", view.guard().drops());
        json.writeObjectFieldStart("guard");
        json.writeBooleanField("inForce", view.guard().inForce());
        json.writeNumberField("repairs", view.guard().repairs());
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void counts(JsonGenerator json, String field, Map<String, Long> counts) throws IOException {
        json.writeObjectFieldStart(field);
        for (Map.Entry<String, Long> each : new TreeMap<>(counts).entrySet()) {
            json.writeNumberField(each.getKey(), each.getValue());
        }
        json.writeEndObject();
    }

    private static void peer(JsonGenerator json, PeerKeys peer) throws IOException {
        json.writeStartObject();
        json.writeStringField("node", peer.node().toString());
        json.writeStringField("external", peer.external().toString());
        json.writeStringField("state", state(peer));
        if (peer.why() != null) {
            json.writeStringField("reason", peer.why());
        }
        PeerCertificate certificate = peer.certificate();
        if (certificate != null) {
            json.writeObjectFieldStart("certificate");
            json.writeStringField("name", certificate.name());
            json.writeStringField("end", certificate.end().toString());
            json.writeEndObject();
        }
        json.writeArrayFieldStart("sas");
        for (Sa sa : peer.sas()) {
            SaStatus status = sa.status();
            json.writeStartObject();
            json.writeStringField("inboundSpi", spi(status.child().inboundSpi()));
            json.writeStringField("outboundSpi", spi(status.child().outboundSpi()));
            json.writeStringField("algorithm", sa.algorithm());
            json.writeStringField("encapsulation", sa.encapsulation());
            json.writeBooleanField("used", status.used());
            if (sa.since() != null) {
                json.writeStringField("since", sa.since().toString());
            }
            json.writeNumberField("inboundPackets", status.inboundPackets());
            json.writeNumberField("inboundBytes", status.inboundOctets());
            json.writeNumberField("outboundPackets", status.outboundPackets());
            json.writeNumberField("outboundBytes", status.outboundOctets());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static String spi(int spi) {
        return "%08x".formatted(spi);
    }

    /// One peer's keys in a few words, for whoever asks about a packet to it.
    static String brief(PeerKeys peer, SasView.@Nullable Carrier carrier) {
        Sa used =
                peer.sas().stream().filter(sa -> sa.status().used()).findFirst().orElse(null);
        if (used == null) {
            return "no keys: " + state(peer) + (peer.why() == null ? "" : ", " + peer.why());
        }
        return "keyed" + (used.since() == null ? "" : " since " + used.since()) + ", " + used.algorithm() + ", SPIs "
                + spi(used.status().child().inboundSpi()) + "/"
                + spi(used.status().child().outboundSpi())
                + (carrier == null ? "" : ", by " + carrier.kind().text());
    }

    private static String state(PeerKeys peer) {
        return peer.phase().name().toLowerCase(Locale.ROOT);
    }

    /// One line for each pair of SAs, and one for each peer without.
    public static String text(SasView view, Instant now) {
        var columns = new Columns(
                "NODE",
                "EXTERNAL",
                "STATE",
                "CERTIFICATE",
                "SPIS",
                "ALGORITHM",
                "INSIDE",
                "AGE",
                "IN",
                "OUT",
                "REASON");
        for (PeerKeys peer : view.peers()) {
            PeerCertificate certificate = peer.certificate();
            String name = certificate == null ? "-" : certificate.name();
            String why = Objects.requireNonNullElse(peer.why(), "");
            if (peer.sas().isEmpty()) {
                columns.row(peer.node(), peer.external(), state(peer), name, "-", "-", "-", "-", 0, 0, why);
            }
            for (Sa sa : peer.sas()) {
                SaStatus status = sa.status();
                columns.row(
                        peer.node(),
                        peer.external(),
                        status.used() ? state(peer) : "replaced",
                        name,
                        spi(status.child().inboundSpi()) + "/"
                                + spi(status.child().outboundSpi()),
                        sa.algorithm(),
                        sa.encapsulation().equals("udp") ? "UDP" : "IP",
                        sa.since() == null ? "-" : StatusText.age(sa.since(), now),
                        status.inboundPackets(),
                        status.outboundPackets(),
                        why);
            }
        }
        SasView.Carrier carrier = view.carrier();
        if (carrier != null) {
            columns.note("sealed by: " + carrier.kind().text()
                    + (carrier.instead() == null ? "" : ", since the kernel can not: " + carrier.instead()));
        }
        note(columns, "dropped by the data path", view.drops());
        note(columns, "dropped between sites", view.guard().drops());
        if (!view.guard().inForce()) {
            columns.note("the guard between sites is not in force: others changed it");
        }
        if (view.guard().repairs() > 0) {
            columns.note("the guard between sites was changed by others and put right: "
                    + view.guard().repairs());
        }
        return columns.toString();
    }

    private static void note(Columns columns, String what, Map<String, Long> counts) {
        var text = new StringBuilder(what).append(':');
        new TreeMap<>(counts).forEach((why, count) -> {
            if (count > 0) {
                text.append(' ').append(why).append(' ').append(count);
            }
        });
        if (text.length() > what.length() + 1) {
            columns.note(text.toString());
        }
    }
}
