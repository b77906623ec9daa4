package slash32.lab.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Spelling;

/// A mapping that is being read: each key once, then {@link #end}.
///
/// A value that can't be taken is noted as an error and reads as absent, so that reading goes on. Scalars are text as
/// written: what YAML takes for a number is text to whoever wants text, as in the upstream parser.
public final class YamlMapping {
    private final String path;
    private final MappingNode node;
    private final Findings findings;
    private final Map<String, NodeTuple> unread = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();

    private YamlMapping(String path, MappingNode node, Findings findings) {
        this.path = path;
        this.node = node;
        this.findings = findings;
        for (NodeTuple tuple : node.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
                findings.error(findings.place(tuple.getKeyNode()), path, "a key must be text");
            } else if (scalar.getValue().equals("<<")) {
                findings.error(
                        findings.place(scalar),
                        child("<<"),
                        "YAML merge keys are not supported; use topology.defaults, kinds or groups");
            } else if (unread.putIfAbsent(scalar.getValue(), tuple) != null) {
                findings.error(findings.place(scalar), child(scalar.getValue()), "is there twice");
            }
        }
    }

    /// Starts to read {@code node}; null, which is noted, if it isn't a mapping.
    public static @Nullable YamlMapping of(String path, Node node, Findings findings) {
        if (node instanceof MappingNode mapping) {
            return new YamlMapping(path, mapping, findings);
        }
        findings.error(findings.place(node), path, "must be a mapping of keys to values");
        return null;
    }

    public String path() {
        return path;
    }

    public Place place() {
        return findings.place(node);
    }

    /// The keys in the order of the file.
    public List<String> keys() {
        return List.copyOf(unread.keySet());
    }

    /// Where the key stands; it must be there and not be read yet.
    public Place placeOf(String key) {
        NodeTuple tuple = unread.get(key);
        return findings.place(tuple == null ? node : tuple.getKeyNode());
    }

    public boolean has(String key) {
        known.add(key);
        return unread.containsKey(key);
    }

    public @Nullable Node take(String key) {
        known.add(key);
        NodeTuple tuple = unread.remove(key);
        return tuple == null ? null : tuple.getValueNode();
    }

    /// A value that may be anything and isn't looked at.
    public void skip(String key) {
        take(key);
    }

    /// A scalar as written; null if absent or null in YAML.
    public @Nullable Located<String> text(String key) {
        Node value = take(key);
        return value == null ? null : text(value, child(key));
    }

    private @Nullable Located<String> text(Node value, String at) {
        if (!(value instanceof ScalarNode scalar)) {
            findings.error(findings.place(value), at, "must be text");
            return null;
        }
        return scalar.getTag().equals(Tag.NULL) ? null : new Located<>(scalar.getValue(), findings.place(value));
    }

    /// A scalar that {@code parser} takes; what it throws ({@link IllegalArgumentException}) is noted.
    public <T> @Nullable Located<T> value(String key, Function<String, T> parser) {
        Located<String> text = text(key);
        if (text == null) {
            return null;
        }
        try {
            return new Located<>(parser.apply(text.value()), text.place());
        } catch (IllegalArgumentException e) {
            findings.error(text.place(), child(key), String.valueOf(e.getMessage()));
            return null;
        }
    }

    public int integer(String key, int least, int most, int otherwise) {
        Located<Integer> value = value(key, text -> {
            if (!text.matches("\\d{1,9}") || Integer.parseInt(text) < least || Integer.parseInt(text) > most) {
                throw new IllegalArgumentException(
                        "must be a whole number from " + least + " to " + most + ", was '" + text + "'");
            }
            return Integer.parseInt(text);
        });
        return value == null ? otherwise : value.value();
    }

    public boolean flag(String key, boolean otherwise) {
        Located<Boolean> value = value(key, text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false, was '" + text + "'");
        });
        return value == null ? otherwise : value.value();
    }

    /// A sequence of scalars; empty if absent.
    public List<Located<String>> texts(String key) {
        var texts = new ArrayList<Located<String>>();
        items(key, (item, at) -> {
            Located<String> text = text(item, at);
            if (text != null) {
                texts.add(text);
            }
            return null;
        });
        return texts;
    }

    /// A mapping of scalars; a null value is empty text. Empty if absent.
    public Map<String, Located<String>> textMap(String key) {
        YamlMapping mapping = mapping(key);
        var texts = new LinkedHashMap<String, Located<String>>();
        if (mapping != null) {
            for (String name : mapping.keys()) {
                Place place = mapping.placeOf(name);
                Located<String> text = mapping.text(name);
                texts.put(name, text == null ? new Located<>("", place) : text);
            }
        }
        return texts;
    }

    /// A nested mapping; null if absent or null in YAML.
    public @Nullable YamlMapping mapping(String key) {
        Node value = take(key);
        return value == null || value.getTag().equals(Tag.NULL) ? null : of(child(key), value, findings);
    }

    /// A sequence of mappings; empty if absent.
    public List<YamlMapping> mappings(String key) {
        var mappings = new ArrayList<YamlMapping>();
        items(key, (item, at) -> {
            YamlMapping mapping = of(at, item, findings);
            if (mapping != null) {
                mappings.add(mapping);
            }
            return null;
        });
        return mappings;
    }

    private void items(String key, BiFunction<Node, String, @Nullable Void> each) {
        Node value = take(key);
        if (value instanceof SequenceNode sequence) {
            int index = 0;
            for (Node item : sequence.getValue()) {
                each.apply(item, child(key) + "[" + index++ + "]");
            }
        } else if (value != null && !value.getTag().equals(Tag.NULL)) {
            findings.error(findings.place(value), child(key), "must be a sequence");
        }
    }

    public void error(Place place, String key, String text) {
        findings.error(place, child(key), text);
    }

    /// Notes that a key is there and has no effect.
    public void ignore(String key, String why) {
        if (has(key)) {
            findings.warning(placeOf(key), child(key), "ignored: " + why);
            skip(key);
        }
    }

    /// Notes that a key is there and can't be.
    public void refuse(String key, String why) {
        if (has(key)) {
            findings.error(placeOf(key), child(key), why);
            skip(key);
        }
    }

    /// Notes every key that nobody read.
    public void end() {
        for (String key : unread.keySet()) {
            String near = Spelling.nearest(key, known);
            findings.error(
                    placeOf(key), child(key), "unknown key" + (near == null ? "" : ", did you mean " + near + "?"));
        }
    }

    private String child(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
