/// YAML read strictly, with the place of everything: a mapping is read key by key, and what nobody reads is an error.
///
/// Not the schema of any file. YAML 1.2 by snakeyaml-engine. Entry type: {@link slash32.lab.yaml.YamlMapping}.
@NullMarked
package slash32.lab.yaml;

import org.jspecify.annotations.NullMarked;
