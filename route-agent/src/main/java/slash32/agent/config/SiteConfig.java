package slash32.agent.config;

import slash32.overlay.choice.SiteId;

/// What separates underlays, and which one this node is in.
///
/// @param name for people
public record SiteConfig(SiteId id, String name) {}
