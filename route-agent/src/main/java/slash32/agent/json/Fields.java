package slash32.agent.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.InvalidFieldException;
import slash32.securitygroup.InvalidRuleException;
import slash32.tap.gateway.InvalidSettingException;

/// A JSON object that is being read: each field once, then {@link #end}. Every method's refusal is an
/// {@link InvalidFieldException} that names the field from the document's root, such as {@code rules[2].portRangeMin}.
///
/// A field that is null is absent.
public final class Fields {
    private final String path;
    private final JsonNode object;
    private final List<String> known = new ArrayList<>();

    private Fields(String path, JsonNode object) {
        this.path = path;
        this.object = object;
    }

    /// Starts to read {@code node}.
    ///
    /// @param path of {@code node} in the document; empty for its root
    public static Fields of(String path, JsonNode node) {
        if (!node.isObject()) {
            throw new InvalidFieldException(path.isEmpty() ? "body" : path, "must be an object, was " + noun(node));
        }
        return new Fields(path, node);
    }

    /// True if the field is there, and not null.
    public boolean has(String field) {
        return optional(field) != null;
    }

    public String text(String field) {
        return asText(required(field), at(field));
    }

    public @Nullable String textOrNull(String field) {
        JsonNode value = optional(field);
        return value == null ? null : asText(value, at(field));
    }

    public <T> T value(String field, Function<String, T> parser) {
        return parse(text(field), parser, at(field));
    }

    public <T> @Nullable T valueOrNull(String field, Function<String, T> parser) {
        String text = textOrNull(field);
        return text == null ? null : parse(text, parser, at(field));
    }

    /// The constant whose name is {@code field}'s text, in lower case and with hyphens.
    public <E extends Enum<E>> E constant(String field, Class<E> kind, E otherwise) {
        String text = textOrNull(field);
        if (text == null) {
            return otherwise;
        }
        for (E candidate : kind.getEnumConstants()) {
            if (lowerCase(candidate).equals(text)) {
                return candidate;
            }
        }
        String allowed =
                Arrays.stream(kind.getEnumConstants()).map(Fields::lowerCase).collect(Collectors.joining(", "));
        throw refusal(field, "must be one of " + allowed + ", was '" + text + "'");
    }

    public boolean flag(String field, boolean otherwise) {
        JsonNode value = optional(field);
        if (value != null && !value.isBoolean()) {
            throw wrongType(at(field), "true or false", value);
        }
        return value == null ? otherwise : value.booleanValue();
    }

    public long number(String field, long least, long most) {
        return asNumber(required(field), least, most, at(field));
    }

    public long number(String field, long least, long most, long otherwise) {
        JsonNode value = optional(field);
        return value == null ? otherwise : asNumber(value, least, most, at(field));
    }

    public @Nullable Long numberOrNull(String field, long least, long most) {
        JsonNode value = optional(field);
        return value == null ? null : (Long) asNumber(value, least, most, at(field));
    }

    public @Nullable Integer intOrNull(String field, int least, int most) {
        Long value = numberOrNull(field, least, most);
        return value == null ? null : Math.toIntExact(value);
    }

    /// Texts, empty if absent.
    public <T> List<T> values(String field, Function<String, T> parser) {
        return list(field, (item, at) -> parse(asText(item, at), parser, at));
    }

    /// Numbers, empty if absent.
    public <T> List<T> numbers(String field, long least, long most, Function<Long, T> maker) {
        return list(field, (item, at) -> maker.apply(asNumber(item, least, most, at)));
    }

    /// Elements, empty if absent; {@code reader} is told each one's path.
    public <T> List<T> list(String field, BiFunction<JsonNode, String, T> reader) {
        JsonNode value = optional(field);
        return value == null ? List.of() : elements(field, value, reader);
    }

    /// Elements, which may be none; {@code reader} is told each one's path.
    public <T> List<T> requiredList(String field, BiFunction<JsonNode, String, T> reader) {
        return elements(field, required(field), reader);
    }

    private <T> List<T> elements(String field, JsonNode value, BiFunction<JsonNode, String, T> reader) {
        if (!value.isArray()) {
            throw wrongType(at(field), "an array", value);
        }
        var items = new ArrayList<T>(value.size());
        for (JsonNode item : value) {
            items.add(reader.apply(item, at(field) + "[" + items.size() + "]"));
        }
        return items;
    }

    /// An object; {@code reader} is told its path.
    public <T> T object(String field, BiFunction<JsonNode, String, T> reader, T otherwise) {
        JsonNode value = optional(field);
        return value == null ? otherwise : reader.apply(value, at(field));
    }

    /// An object; {@code reader} is told its path.
    public <T> @Nullable T objectOrNull(String field, BiFunction<JsonNode, String, T> reader) {
        JsonNode value = optional(field);
        return value == null ? null : reader.apply(value, at(field));
    }

    /// Whatever it is; {@code reader} is told its path.
    public <T> T requiredObject(String field, BiFunction<JsonNode, String, T> reader) {
        return reader.apply(required(field), at(field));
    }

    /// Runs a constructor, whose refusal names one of its own fields.
    public <T> T make(Supplier<T> constructor) {
        try {
            return constructor.get();
        } catch (InvalidFieldException e) {
            throw refusal(e.field(), e.reason());
        } catch (InvalidRuleException e) {
            throw refusal(e.field(), e.reason());
        } catch (InvalidSettingException e) {
            throw refusal(e.field(), e.reason());
        }
    }

    /// What to throw because of {@code field}.
    public InvalidFieldException refusal(String field, String reason) {
        return new InvalidFieldException(at(field), reason);
    }

    /// Refuses whatever nobody read.
    public void end() {
        for (var entry : object.properties()) {
            if (!known.contains(entry.getKey())) {
                throw new InvalidFieldException(
                        at(entry.getKey()), "unknown field; known are " + String.join(", ", known));
            }
        }
    }

    private JsonNode required(String field) {
        JsonNode value = optional(field);
        if (value == null) {
            throw new InvalidFieldException(at(field), "is missing");
        }
        return value;
    }

    private @Nullable JsonNode optional(String field) {
        known.add(field);
        JsonNode value = object.get(field);
        return value == null || value.isNull() ? null : value;
    }

    private String at(String field) {
        return path.isEmpty() ? field : path + "." + field;
    }

    private static String asText(JsonNode value, String at) {
        if (!value.isTextual()) {
            throw wrongType(at, "text", value);
        }
        return value.textValue();
    }

    private static long asNumber(JsonNode value, long least, long most, String at) {
        if (!value.isIntegralNumber()) {
            throw wrongType(at, "a whole number", value);
        }
        if (!value.canConvertToLong() || value.longValue() < least || value.longValue() > most) {
            String range = most == Long.MAX_VALUE ? least + " or more" : least + " to " + most;
            throw new InvalidFieldException(at, "must be " + range + ", was " + value.asText());
        }
        return value.longValue();
    }

    private static <T> T parse(String text, Function<String, T> parser, String at) {
        try {
            return parser.apply(text);
        } catch (InvalidFieldException e) {
            throw new InvalidFieldException(at, e.reason());
        } catch (InvalidRuleException e) {
            throw new InvalidFieldException(at, e.reason());
        } catch (IllegalArgumentException e) {
            throw new InvalidFieldException(at, String.valueOf(e.getMessage()));
        }
    }

    private static InvalidFieldException wrongType(String at, String wanted, JsonNode value) {
        return new InvalidFieldException(at, "must be " + wanted + ", was " + noun(value));
    }

    private static String noun(JsonNode value) {
        JsonNodeType type = value.getNodeType();
        return switch (type) {
            case OBJECT -> "an object";
            case ARRAY -> "an array";
            case STRING -> "text";
            case NUMBER -> value.isIntegralNumber() ? "a whole number" : "a fraction";
            case BOOLEAN -> "true or false";
            default -> "null";
        };
    }

    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
