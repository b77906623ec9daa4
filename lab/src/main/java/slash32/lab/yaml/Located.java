package slash32.lab.yaml;

/// A value and where it was written.
public record Located<T>(T value, Place place) {}
