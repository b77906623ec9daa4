package slash32.lab.runner;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import slash32.lab.topology.ShellWords;

/// Which host programs stand for which images: `native.yml` beside the topology, and under it the built-in list.
///
/// The first pattern that fits an image is taken; `*` stands for any text, and an image without a tag has `latest`.
public final class ImageMap {
    private static final String BUILT_IN = "images.yml";
    private static final List<String> KEYS = List.of("entrypoint", "cmd", "programs", "directories", "env", "requires");

    private final Map<String, NativeImage> images;
    private final String source;

    private ImageMap(Map<String, NativeImage> images, String source) {
        this.images = images;
        this.source = source;
    }

    /// An image as host programs.
    ///
    /// @param entrypoint words before a node's cmd; empty for none
    /// @param cmd what runs if the node says nothing
    /// @param programs names that the image has and the host hasn't, with what stands for them
    /// @param directories empty folders that the image has
    /// @param requires host programs that must be there, with the Debian package of each
    public record NativeImage(
            List<String> entrypoint,
            List<String> cmd,
            Map<String, String> programs,
            List<String> directories,
            Map<String, String> env,
            Map<String, String> requires) {}

    /// The built-in list alone, or under the file.
    ///
    /// @param file null for none
    /// @param launcher what `${slash32}` in the lists stands for: the path of `bin/slash32`
    /// @throws LabException naming the file, if it isn't such a list
    public static ImageMap read(@Nullable Path file, String launcher) throws IOException {
        var images = new LinkedHashMap<String, NativeImage>();
        if (file != null) {
            images.putAll(parse(file.toString(), Files.readString(file), launcher));
        }
        try (InputStream builtIn = Objects.requireNonNull(ImageMap.class.getResourceAsStream(BUILT_IN))) {
            parse(BUILT_IN, new String(builtIn.readAllBytes(), StandardCharsets.UTF_8), launcher)
                    .forEach(images::putIfAbsent);
        }
        return new ImageMap(images, file == null ? "native.yml beside the topology" : file.toString());
    }

    /// The host programs of {@code image}; null if no pattern fits.
    public @Nullable NativeImage find(String image) {
        String name = image.substring(image.lastIndexOf('/') + 1).contains(":") ? image : image + ":latest";
        for (var entry : images.entrySet()) {
            String pattern = Pattern.quote(entry.getKey()).replace("*", "\\E.*\\Q");
            if (name.matches(pattern)) {
                return entry.getValue();
            }
        }
        return null;
    }

    /// The file to edit when an image is missing.
    public String source() {
        return source;
    }

    private static Map<String, NativeImage> parse(String name, String yaml, String launcher) throws LabException {
        Object root;
        try {
            root = new Load(LoadSettings.builder().setLabel(name).build())
                    .loadFromString(yaml.replace("${slash32}", launcher));
        } catch (YamlEngineException e) {
            throw new LabException(name + ": not YAML: " + e.getMessage());
        }
        Map<?, ?> all = mapping(name, "the file", root);
        if (!all.keySet().equals(Set.of("images"))) {
            throw new LabException(name + ": must have the one key images, has " + all.keySet());
        }
        var images = new LinkedHashMap<String, NativeImage>();
        for (var entry : mapping(name, "images", all.get("images")).entrySet()) {
            images.put(String.valueOf(entry.getKey()), image(name, String.valueOf(entry.getKey()), entry.getValue()));
        }
        return images;
    }

    private static NativeImage image(String file, String pattern, @Nullable Object value) throws LabException {
        Map<?, ?> fields = value == null ? Map.of() : mapping(file, pattern, value);
        for (Object key : fields.keySet()) {
            if (!KEYS.contains(key)) {
                throw new LabException(
                        file + ": " + pattern + ": unknown key " + key + " (known: " + String.join(", ", KEYS) + ")");
            }
        }
        return new NativeImage(
                words(file, pattern, fields.get("entrypoint")),
                words(file, pattern, fields.get("cmd")),
                texts(file, pattern, fields.get("programs")),
                directories(file, pattern, fields.get("directories")),
                texts(file, pattern, fields.get("env")),
                texts(file, pattern, fields.get("requires")));
    }

    private static List<String> words(String file, String pattern, @Nullable Object value) throws LabException {
        try {
            return value == null ? List.of() : ShellWords.split(value.toString());
        } catch (IllegalArgumentException e) {
            throw new LabException(file + ": " + pattern + ": " + e.getMessage());
        }
    }

    private static Map<String, String> texts(String file, String pattern, @Nullable Object value) throws LabException {
        var texts = new LinkedHashMap<String, String>();
        if (value != null) {
            mapping(file, pattern, value).forEach((key, text) -> texts.put(key.toString(), String.valueOf(text)));
        }
        return texts;
    }

    private static List<String> directories(String file, String pattern, @Nullable Object value) throws LabException {
        var directories = new ArrayList<String>();
        if (value instanceof List<?> items) {
            items.forEach(item -> directories.add(String.valueOf(item)));
        } else if (value != null) {
            throw new LabException(file + ": " + pattern + ": directories must be a sequence");
        }
        return directories;
    }

    private static Map<?, ?> mapping(String file, String what, @Nullable Object value) throws LabException {
        if (value instanceof Map<?, ?> mapping) {
            return mapping;
        }
        throw new LabException(file + ": " + what + " must be a mapping");
    }
}
