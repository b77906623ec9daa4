package slash32.bgp.speaker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;

/// What was measured of one peer: a cell a feature, and a note on each that needs one.
final class InteropColumn {
    static final String EVPN = "EVPN";
    static final String EXTENDED_MESSAGES = "extended messages";
    static final String REFRESH_PEER = "route refresh: the peer asks";
    static final String REFRESH_US = "route refresh: we ask";
    static final String GR_US = "graceful restart: we restart";
    static final String GR_PEER = "graceful restart: the peer restarts";

    static final List<String> FEATURES = List.of(
            "session up",
            "IPv4",
            "IPv6",
            EVPN,
            "capabilities",
            "TCP MD5",
            GR_US,
            GR_PEER,
            REFRESH_PEER,
            REFRESH_US,
            "ADD-PATH",
            EXTENDED_MESSAGES,
            "large communities",
            "shutdown communication",
            "100,000 routes both ways");

    private final RealPeer peer;
    private final Map<String, String> cells = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    InteropColumn(RealPeer peer) {
        this.peer = peer;
    }

    /// The peer does not offer what a feature needs.
    static final class LackingException extends Exception {
        private static final long serialVersionUID = 1;

        LackingException(String how) {
            super(how);
        }
    }

    interface Measurement {
        /// Measures, and gives back what is worth saying besides "pass".
        String run() throws Exception;
    }

    String title() throws IOException {
        return peer.name() + " " + peer.version();
    }

    /// What the peer is not asked for, for it says itself that it lacks it, is not measured.
    boolean has(String feature) {
        return cells.containsKey(feature);
    }

    String cell(String feature) {
        return cells.getOrDefault(feature, "fail: not measured");
    }

    List<String> notes() {
        return notes;
    }

    void notInstalled() {
        FEATURES.forEach(feature -> cells.put(feature, "not installed"));
    }

    /// Has the peer's own parser say which features it does not know.
    void ask() throws IOException {
        for (Map.Entry<String, String> each : peer.asking().entrySet()) {
            String refusal = peer.refusal(each.getValue());
            if (!refusal.isEmpty()) {
                cells.put(each.getKey(), RealPeer.Excuse.LACKS);
                note(each.getKey(), "it is asked with `" + each.getValue() + "` and answers", lastWords(refusal));
            }
        }
    }

    /// The first line, without the name of the program and of the file.
    private static String lastWords(String text) {
        return text.strip().lines().findFirst().orElse("").replaceFirst(".*[0-9]+(:[0-9]+)?:? ", "");
    }

    void measure(String feature, Measurement measurement) throws IOException {
        if (cells.containsKey(feature)) {
            return; // the peer lacks it
        }
        try {
            String more = measurement.run();
            cells.put(feature, more.isEmpty() ? "pass" : "pass: " + more);
        } catch (LackingException lack) {
            cells.put(feature, RealPeer.Excuse.LACKS);
            note(feature, String.valueOf(lack.getMessage()), "");
        } catch (AssertionError fault) {
            failed(feature, String.valueOf(fault.getMessage()));
        } catch (Exception fault) {
            failed(feature, fault.toString());
        }
    }

    private void failed(String feature, String fault) throws IOException {
        RealPeer.Excuse excuse = peer.excuses().get(feature);
        Matcher shown = excuse == null ? null : excuse.shown().matcher(peer.view("10.0.0.11"));
        if (excuse != null && shown != null && shown.find()) {
            cells.put(feature, excuse.verdict());
            note(feature, excuse.why(), shown.group());
        } else {
            cells.put(feature, "fail: " + firstLine(fault));
        }
    }

    void note(String feature, String why, String shown) {
        String evidence = shown.isEmpty() ? "" : ": `" + shown.replaceAll(" +", " ") + "`";
        notes.add("- **" + peer.name() + " " + peer.version() + ", " + feature + "**: " + why + evidence + ".");
    }

    private static String firstLine(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() > 120 ? line.substring(0, 120) : line;
    }
}
