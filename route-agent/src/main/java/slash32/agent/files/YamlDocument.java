package slash32.agent.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// YAML text as the JSON that it means, and where each value of it stands.
final class YamlDocument {
    private static final int MAX_DEPTH = 16;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Map<String, String> places = new HashMap<>();
    private final JsonNode root;

    private YamlDocument(Optional<Node> composed) throws BadFileException {
        root = composed.isEmpty() ? JSON.objectNode() : value(composed.get(), "", 0);
    }

    /// Parses one document; one without a value is an empty object.
    static YamlDocument parse(String name, String text) throws BadFileException {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setUseMarks(true)
                .setMaxAliasesForCollections(0) // so that nothing small grows large, or has no end
                .setCodePointLimit(Integer.MAX_VALUE) // the size of the file was looked at
                .build();
        try {
            return new YamlDocument(new Compose(settings).composeString(text));
        } catch (MarkedYamlEngineException e) {
            throw new BadFileException(place(e.getProblemMark()) + "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new BadFileException("not YAML: " + e.getMessage());
        }
    }

    JsonNode root() {
        return root;
    }

    /// Line and column of {@code field}, such as {@code endpoints[3].mac}, or of what it would stand in.
    String place(String field) {
        String at = field;
        while (!places.containsKey(at) && !at.isEmpty()) {
            at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
        }
        return places.getOrDefault(at, "");
    }

    private JsonNode value(Node node, String path, int depth) throws BadFileException {
        places.put(path, place(node.getStartMark()));
        if (depth == MAX_DEPTH) {
            throw new BadFileException(place(path) + "nested deeper than " + MAX_DEPTH + " levels");
        }
        return switch (node) {
            case MappingNode mapping -> object(mapping, path, depth);
            case SequenceNode sequence -> array(sequence, path, depth);
            case ScalarNode scalar -> scalar(scalar, path);
            default -> throw new BadFileException(place(path) + "an alias, which isn't allowed here");
        };
    }

    private ObjectNode object(MappingNode mapping, String path, int depth) throws BadFileException {
        ObjectNode object = JSON.objectNode();
        for (NodeTuple entry : mapping.getValue()) {
            String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
            if (key.isEmpty() || object.has(key)) {
                throw new BadFileException(place(entry.getKeyNode().getStartMark())
                        + (key.isEmpty() ? "a key must be text" : key + " is there twice"));
            }
            object.set(key, value(entry.getValueNode(), path.isEmpty() ? key : path + "." + key, depth + 1));
        }
        return object;
    }

    private ArrayNode array(SequenceNode sequence, String path, int depth) throws BadFileException {
        ArrayNode array = JSON.arrayNode();
        for (Node item : sequence.getValue()) {
            array.add(value(item, path + "[" + array.size() + "]", depth + 1));
        }
        return array;
    }

    private JsonNode scalar(ScalarNode scalar, String path) throws BadFileException {
        String text = scalar.getValue();
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.NULL)) {
            return JSON.nullNode();
        }
        if (tag.equals(Tag.BOOL)) {
            return JSON.booleanNode(Boolean.parseBoolean(text));
        }
        try {
            return tag.equals(Tag.INT)
                    ? JSON.numberNode(new BigInteger(text))
                    : tag.equals(Tag.FLOAT) ? JSON.numberNode(new BigDecimal(text)) : JSON.textNode(text);
        } catch (NumberFormatException e) {
            throw new BadFileException(place(path) + "not a number: " + text);
        }
    }

    private static String place(Optional<Mark> mark) {
        return mark.map(at -> "line " + (at.getLine() + 1) + ", column " + (at.getColumn() + 1) + ": ")
                .orElse("");
    }
}
