package slash32.lab.topology;

import slash32.lab.yaml.Place;

/// A file or folder of the host that a node sees.
///
/// @param source as written: absolute, or relative to the topology file
/// @param target absolute, in the node
public record Bind(String source, String target, boolean readOnly, Place place) {
    /// Reads docker's `source:target[:options]`.
    ///
    /// @throws IllegalArgumentException if it isn't that
    static Bind parse(String text, Place place) {
        String[] parts = text.split(":", -1);
        boolean wellFormed = parts.length >= 2 && parts.length <= 3 && !parts[0].isEmpty() && parts[1].startsWith("/");
        if (!wellFormed) {
            throw new IllegalArgumentException("must be source:/target or source:/target:ro, was '" + text + "'");
        }
        boolean readOnly = false;
        for (String option : parts.length == 3 ? parts[2].split(",") : new String[0]) {
            switch (option) {
                case "ro" -> readOnly = true;
                case "rw", "z", "Z" -> {}
                default -> throw new IllegalArgumentException("option " + option + " is not supported; use ro or rw");
            }
        }
        return new Bind(parts[0], parts[1], readOnly, place);
    }
}
