package slash32.tap.gateway.dhcp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.tap.gateway.Answer;
import slash32.tap.gateway.Answer.Refused;
import slash32.tap.gateway.Answer.Reply;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.Ipv6Assignment;
import slash32.tap.gateway.Refusal;
import slash32.tap.gateway.TokenBucket;
import slash32.tap.gateway.dhcp.Dhcp6Reply.Granted;
import slash32.tap.gateway.dhcp.Dhcp6Reply.Status;

/// The DHCP server of one endpoint, for both families.
///
/// Answers only the guest's own MAC; whatever else the guest sends is a named refusal, never an exception. Owned by one
/// thread.
public final class DhcpServer {
    /// A client asks a few times when it starts, and again after seconds; more is a flood.
    private static final int MESSAGES_PER_SECOND = 20;

    private static final Ipv6Address SERVERS_AND_RELAYS = Ipv6Address.parse("ff02::1:2");

    private final GatewayTerms terms;
    private final TokenBucket bucket = new TokenBucket(MESSAGES_PER_SECOND, MESSAGES_PER_SECOND);

    public DhcpServer(GatewayTerms terms) {
        this.terms = terms;
    }

    /// Answers the guest's Ethernet frame in {@code frame[0, length)}.
    public Answer on(byte[] frame, int length, long nowNanos) {
        if (!bucket.take(nowNanos)) {
            return new Refused(Refusal.RATE_LIMITED);
        }
        return switch (DhcpFrame.decode(frame, length)) {
            case Dhcp4Request request -> ipv4(request);
            case Dhcp6Request request -> ipv6(request);
            case DhcpFrame.Unread(Refusal reason) -> new Refused(reason);
        };
    }

    private Answer ipv4(Dhcp4Request request) {
        if (!request.sourceMac().equals(terms.guestMac()) || !request.hardware().equals(terms.guestMac())) {
            return new Refused(Refusal.FOREIGN_MAC);
        }
        if (!request.relay().isUnspecified()) {
            return new Refused(Refusal.RELAYED);
        }
        if (!terms.settings().dhcp()) {
            return new Refused(Refusal.DHCP_OFF);
        }
        if (request.server() != null && !request.server().equals(terms.gatewayIpv4())) {
            return new Refused(Refusal.OTHER_SERVER);
        }
        return terms.guestIpv4().map(own -> ipv4(request, own)).orElseGet(() -> new Refused(Refusal.NO_IPV4));
    }

    private Answer ipv4(Dhcp4Request request, Ipv4Address own) {
        return switch (request.type()) {
            case Dhcp4Request.DISCOVER ->
                reply(request, request.rapidCommit() ? Dhcp4Reply.ACK : Dhcp4Reply.OFFER, own);
            case Dhcp4Request.REQUEST -> {
                Ipv4Address asked = request.requested() == null ? request.client() : request.requested();
                yield asked.isUnspecified()
                        ? new Refused(Refusal.MALFORMED)
                        : asked.equals(own)
                                ? reply(request, Dhcp4Reply.ACK, own)
                                : reply(request, Dhcp4Reply.NAK, null);
            }
            case Dhcp4Request.INFORM ->
                terms.guestAddresses().contains(request.client())
                        ? reply(request, Dhcp4Reply.ACK, null)
                        : new Refused(Refusal.FOREIGN_ADDRESS);
            case Dhcp4Request.DECLINE -> new Refused(Refusal.DECLINED);
            case Dhcp4Request.RELEASE -> new Refused(Refusal.RELEASED);
            default -> new Refused(Refusal.NOT_A_QUESTION);
        };
    }

    private Answer reply(Dhcp4Request request, int type, @Nullable Ipv4Address address) {
        return new Reply(new Dhcp4Reply(terms, request, type, address).encode());
    }

    private Answer ipv6(Dhcp6Request request) {
        if (!request.sourceMac().equals(terms.guestMac())) {
            return new Refused(Refusal.FOREIGN_MAC);
        }
        if (!request.source().isLinkLocal() || request.source().equals(terms.gatewayIpv6())) {
            return new Refused(Refusal.FOREIGN_ADDRESS);
        }
        if (!request.destination().equals(SERVERS_AND_RELAYS)) {
            return new Refused(Refusal.NOT_TO_GATEWAY);
        }
        if (!terms.settings().dhcp()) {
            return new Refused(Refusal.DHCP_OFF);
        }
        if (terms.guestIpv6().isEmpty()) {
            return new Refused(Refusal.NO_IPV6);
        }
        Refusal invalid = invalid(request);
        return invalid == null ? answer(request) : new Refused(invalid);
    }

    /// Why the message is to be discarded by its identifiers (RFC 8415 §16); null if it is not.
    private @Nullable Refusal invalid(Dhcp6Request request) {
        boolean toUs = request.serverId() != null && request.serverId().equals(Dhcp6Reply.serverId(terms));
        return switch (request.type()) {
            case Dhcp6Request.SOLICIT, Dhcp6Request.CONFIRM, Dhcp6Request.REBIND ->
                request.clientId() == null || request.serverId() != null ? Refusal.MALFORMED : null;
            case Dhcp6Request.REQUEST, Dhcp6Request.RENEW, Dhcp6Request.RELEASE, Dhcp6Request.DECLINE ->
                request.clientId() == null || request.serverId() == null
                        ? Refusal.MALFORMED
                        : toUs ? null : Refusal.OTHER_SERVER;
            case Dhcp6Request.INFORMATION_REQUEST ->
                !request.associations().isEmpty()
                        ? Refusal.MALFORMED
                        : toUs || request.serverId() == null ? null : Refusal.OTHER_SERVER;
            default -> Refusal.NOT_A_QUESTION;
        };
    }

    private Answer answer(Dhcp6Request request) {
        return switch (request.type()) {
            case Dhcp6Request.SOLICIT ->
                reply(request, request.rapidCommit() ? Dhcp6Reply.REPLY : Dhcp6Reply.ADVERTISE, granted(request), null);
            case Dhcp6Request.CONFIRM -> {
                List<Ipv6Address> held = request.allAddresses();
                yield held.isEmpty()
                        ? new Refused(Refusal.NOT_A_QUESTION) // RFC 8415 §18.3.3: no reply
                        : reply(
                                request,
                                Dhcp6Reply.REPLY,
                                List.of(),
                                terms.guestIpv6().containsAll(held) ? Status.SUCCESS : Status.NOT_ON_LINK);
            }
            case Dhcp6Request.RELEASE, Dhcp6Request.DECLINE ->
                reply(request, Dhcp6Reply.REPLY, List.of(), Status.SUCCESS);
            case Dhcp6Request.INFORMATION_REQUEST -> reply(request, Dhcp6Reply.REPLY, List.of(), null);
            default -> reply(request, Dhcp6Reply.REPLY, granted(request), null);
        };
    }

    private Answer reply(Dhcp6Request request, int type, List<Granted> granted, @Nullable Status status) {
        return new Reply(new Dhcp6Reply(terms, request, type, granted, status).encode());
    }

    /// The first association for addresses gets all that the guest has; no other gets any.
    private List<Granted> granted(Dhcp6Request request) {
        boolean extending = request.type() == Dhcp6Request.RENEW || request.type() == Dhcp6Request.REBIND;
        boolean gives = terms.settings().ipv6() == Ipv6Assignment.DHCPV6;
        var all = new ArrayList<Granted>();
        for (Dhcp6Request.Association asked : request.associations()) {
            if (gives && asked.option() == Dhcp6Request.OPTION_IA_NA) {
                gives = false;
                List<Ipv6Address> own = terms.guestIpv6();
                List<Ipv6Address> revoked = extending
                        ? asked.addresses().stream()
                                .filter(address -> !own.contains(address))
                                .toList()
                        : List.of();
                all.add(new Granted(asked, own, revoked, null));
            } else {
                Status none = asked.option() == Dhcp6Request.OPTION_IA_PD ? Status.NO_PREFIX : Status.NO_ADDRESSES;
                all.add(new Granted(asked, List.of(), List.of(), extending ? Status.NO_BINDING : none));
            }
        }
        return all;
    }
}
