package slash32.bgp.wire;

/// A BGP message (RFC 4271 §4).
public sealed interface Message permits Open, Update, Notification, Keepalive, RouteRefresh {}
