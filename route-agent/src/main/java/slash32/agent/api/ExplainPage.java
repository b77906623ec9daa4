package slash32.agent.api;

import static slash32.agent.api.Replies.page;

import org.jspecify.annotations.Nullable;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.json.Fields;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.agent.status.ExplanationFormat;
import slash32.agent.status.ExplanationView;
import slash32.net.IpAddress;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.IpProtocol;

/// {@code /v1/explain}.
final class ExplainPage {
    private static final int MAX_PORT = 65_535;
    private static final int MAX_BYTE = 255;
    /// The first port that clients take by themselves (RFC 6335 §6).
    private static final int CLIENT_PORT = 49_152;

    private static final int ECHO = 8;
    private static final int ECHO_6 = 128;

    private final Control control;

    ExplainPage(Control control) {
        this.control = control;
    }

    Response explain(Request request) throws MalformedJsonException {
        ExplanationView explanation = control.explain(packet(Fields.of("", StrictJson.parse(request.body()))));
        return page(
                request, json -> ExplanationFormat.json(json, explanation), () -> ExplanationFormat.text(explanation));
    }

    private static FirstPacket packet(Fields fields) {
        IpAddress from = fields.value("from", IpAddress::parse);
        IpAddress to = fields.value("to", IpAddress::parse);
        IpProtocol protocol = fields.value("protocol", IpProtocol::parse);
        if (protocol.equals(IpProtocol.ICMP) && !from.isIpv4()) {
            protocol = IpProtocol.ICMPV6;
        }
        Integer port = fields.intOrNull("port", 1, MAX_PORT);
        Integer sourcePort = fields.intOrNull("sourcePort", 1, MAX_PORT);
        Integer type = fields.intOrNull("icmpType", 0, MAX_BYTE);
        Integer code = fields.intOrNull("icmpCode", 0, MAX_BYTE);
        fields.end();
        boolean icmp = protocol.equals(from.isIpv4() ? IpProtocol.ICMP : IpProtocol.ICMPV6);
        refuse(fields, "port", port, !protocol.hasPorts());
        refuse(fields, "sourcePort", sourcePort, !protocol.hasPorts());
        refuse(fields, "icmpType", type, !icmp);
        refuse(fields, "icmpCode", code, !icmp);
        if (protocol.hasPorts() && port == null) {
            throw fields.refusal("port", "is missing");
        }
        int first =
                icmp ? or(type, from.isIpv4() ? ECHO : ECHO_6) : protocol.hasPorts() ? or(sourcePort, CLIENT_PORT) : 0;
        int second = icmp ? or(code, 0) : or(port, 0);
        IpProtocol known = protocol;
        return fields.make(() -> new FirstPacket(from, to, known, first, second));
    }

    private static void refuse(Fields fields, String field, @Nullable Integer value, boolean unfit) {
        if (unfit && value != null) {
            throw fields.refusal(field, "is not of this protocol");
        }
    }

    private static int or(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }
}
