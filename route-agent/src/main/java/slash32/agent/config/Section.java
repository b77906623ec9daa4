package slash32.agent.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// A YAML mapping that is being read: each key once, then {@link #end}.
///
/// A value that can't be taken is noted in {@link Problems} and reads as absent, so that reading goes on.
final class Section {
    private final String path;
    private final MappingNode node;
    private final Problems problems;
    private final int problemsBefore;
    private final Map<String, Node> unread = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();

    private Section(String path, MappingNode node, Problems problems) {
        this.path = path;
        this.node = node;
        this.problems = problems;
        this.problemsBefore = problems.count();
        for (NodeTuple tuple : node.getValue()) {
            String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : null;
            if (key == null) {
                problems.at(tuple.getKeyNode(), path, "a key must be text");
            } else if (unread.putIfAbsent(key, tuple.getValueNode()) != null) {
                problems.at(tuple.getKeyNode(), child(key), "is there twice");
            }
        }
    }

    /// Starts to read {@code node}; null, and the problem is noted, if it isn't a mapping.
    static @Nullable Section of(String path, Node node, Problems problems) {
        if (node instanceof MappingNode mapping) {
            return new Section(path, mapping, problems);
        }
        problems.at(node, path, "must be a mapping of keys to values");
        return null;
    }

    /// Reads the value at a place; null if it can't be taken, which is noted.
    private interface Reader<T> {
        @Nullable
        T read(Node value, String at);
    }

    /// A value as read, or the default in its place.
    ///
    /// @param node where it stands; where the section begins, for a default
    record Field<T>(Node node, @Nullable T value) {
        /// @throws IllegalStateException if it is absent, which {@link Section#end} tells before
        T get() {
            if (value == null) {
                throw new IllegalStateException("read a field that isn't there");
            }
            return value;
        }

        T or(T otherwise) {
            return value == null ? otherwise : value;
        }
    }

    <T> Field<T> required(String key, Scalar<T> scalar) {
        return present(key) ? read(key, scalarReader(scalar)) : missing(key, scalar.allowed());
    }

    /// Absent without a problem if the key isn't there.
    <T> Field<T> optional(String key, Scalar<T> scalar) {
        return present(key) ? read(key, scalarReader(scalar)) : new Field<>(node, null);
    }

    <T> Field<T> optional(String key, Scalar<T> scalar, T otherwise) {
        return present(key) ? read(key, scalarReader(scalar)) : new Field<>(node, otherwise);
    }

    <T> Field<T> requiredSection(String key, Function<Section, @Nullable T> reader) {
        return present(key) ? read(key, sectionReader(reader)) : missing(key, "a mapping of keys to values");
    }

    <T> Field<T> optionalSection(String key, Function<Section, @Nullable T> reader, T otherwise) {
        return present(key) ? read(key, sectionReader(reader)) : new Field<>(node, otherwise);
    }

    /// Absent without a problem if the key isn't there.
    <T> Field<T> optionalSection(String key, Function<Section, @Nullable T> reader) {
        return present(key) ? read(key, sectionReader(reader)) : new Field<>(node, null);
    }

    /// A sequence of mappings; empty if the key isn't there.
    <T> Field<List<T>> sections(String key, Function<Section, @Nullable T> reader) {
        return present(key) ? read(key, listReader(sectionReader(reader))) : new Field<>(node, List.of());
    }

    /// A sequence of mappings that may be alike; absent without a problem if the key isn't there.
    <T> Field<List<T>> optionalSections(String key, Function<Section, @Nullable T> reader) {
        return present(key) ? read(key, sequenceReader(sectionReader(reader), false)) : new Field<>(node, null);
    }

    /// A sequence of scalars, none twice.
    <T> Field<List<T>> list(String key, Scalar<T> scalar, List<T> otherwise) {
        return present(key) ? read(key, listReader(scalarReader(scalar))) : new Field<>(node, otherwise);
    }

    /// Whether a value that was read stands in the file, right or wrong.
    boolean states(Field<?> field) {
        return !field.node().equals(node);
    }

    /// Notes what is wrong with a value that was read.
    void problem(Field<?> field, String key, String reason) {
        problems.at(field.node(), child(key), reason);
    }

    /// Notes every key that nobody read.
    ///
    /// @return true if nothing in this section is wrong
    boolean end() {
        for (NodeTuple tuple : node.getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode scalar && unread.containsKey(scalar.getValue())) {
                String near = Spelling.nearest(scalar.getValue(), known);
                problems.at(
                        scalar,
                        child(scalar.getValue()),
                        "unknown key" + (near == null ? "" : ", did you mean " + near + "?") + " (allowed: "
                                + String.join(", ", known) + ")");
            }
        }
        return problems.count() == problemsBefore;
    }

    private boolean present(String key) {
        known.add(key);
        return unread.containsKey(key);
    }

    private <T> Field<T> missing(String key, String allowed) {
        problems.at(node, child(key), "is missing (allowed: " + allowed + ")");
        return new Field<>(node, null);
    }

    private <T> Field<T> read(String key, Reader<T> reader) {
        Node value = Objects.requireNonNull(unread.remove(key), key);
        return new Field<>(value, reader.read(value, child(key)));
    }

    private <T> Reader<T> sectionReader(Function<Section, @Nullable T> reader) {
        return (value, at) -> {
            Section section = of(at, value, problems);
            return section == null ? null : reader.apply(section);
        };
    }

    private <T> Reader<List<T>> listReader(Reader<T> reader) {
        return sequenceReader(reader, true);
    }

    private <T> Reader<List<T>> sequenceReader(Reader<T> reader, boolean distinct) {
        return (value, at) -> {
            if (!(value instanceof SequenceNode sequence)) {
                problems.at(value, at, "must be a sequence");
                return null;
            }
            var items = new ArrayList<T>();
            int index = 0;
            for (Node item : sequence.getValue()) {
                String itemAt = at + "[" + index++ + "]";
                T read = reader.read(item, itemAt);
                if (read != null && distinct && items.contains(read)) {
                    problems.at(item, itemAt, "is there twice: " + read);
                } else if (read != null) {
                    items.add(read);
                }
            }
            return items;
        };
    }

    private <T> Reader<T> scalarReader(Scalar<T> scalar) {
        return (value, at) -> {
            if (!(value instanceof ScalarNode text) || !text.getTag().equals(scalar.tag())) {
                problems.at(value, at, "must be " + noun(scalar.tag()) + " (allowed: " + scalar.allowed() + ")");
                return null;
            }
            try {
                return scalar.reader().apply(text.getValue());
            } catch (IllegalArgumentException e) {
                problems.at(value, at, e.getMessage() + " (allowed: " + scalar.allowed() + ")");
                return null;
            }
        };
    }

    private static String noun(Tag tag) {
        return tag.equals(Tag.INT) ? "a whole number" : tag.equals(Tag.BOOL) ? "true or false" : "text";
    }

    private String child(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
