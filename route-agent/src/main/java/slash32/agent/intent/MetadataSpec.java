package slash32.agent.intent;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a guest reads from the metadata service. Every constructor's refusal is an {@link InvalidFieldException}.
///
/// @param instanceId 1 to 64 letters, digits, dots, dashes and underscores; cloud-init takes another one for another
///     instance, and runs all of its steps again
/// @param userData handed on as it is, at most 65,536 bytes; null for none
/// @param publicKeys in the form of OpenSSH's authorized_keys, at most 16 of at most 8,192 characters
/// @param proxy the node's upstream answers for it, and then it has nothing to say itself
/// @param tenantId told to the upstream: like an instance id; null for none
public record MetadataSpec(
        String instanceId,
        @Nullable String userData,
        List<String> publicKeys,
        boolean proxy,
        @Nullable String tenantId) {
    public static final int MAX_USER_DATA_BYTES = 65_536;
    public static final int MAX_PUBLIC_KEYS = 16;
    private static final Pattern INSTANCE_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern PUBLIC_KEY = Pattern.compile("[ -~]{1,8192}");

    public MetadataSpec {
        publicKeys = List.copyOf(publicKeys);
        require(
                INSTANCE_ID.matcher(instanceId).matches(),
                "instanceId",
                "must be 1 to 64 letters, digits, '.', '_' or '-', was '" + instanceId + "'");
        require(tenantId == null || proxy, "tenantId", "only with proxy");
        require(
                tenantId == null || INSTANCE_ID.matcher(tenantId).matches(),
                "tenantId",
                "must be 1 to 64 letters, digits, '.', '_' or '-', was '" + tenantId + "'");
        require(userData == null || !proxy, "userData", "not with proxy: the upstream has it");
        require(publicKeys.isEmpty() || !proxy, "publicKeys", "not with proxy: the upstream has them");
        int bytes = userData == null ? 0 : userData.getBytes(StandardCharsets.UTF_8).length;
        require(
                bytes <= MAX_USER_DATA_BYTES,
                "userData",
                "must be at most " + MAX_USER_DATA_BYTES + " bytes, were " + bytes);
        require(
                publicKeys.size() <= MAX_PUBLIC_KEYS,
                "publicKeys",
                "must be at most " + MAX_PUBLIC_KEYS + ", were " + publicKeys.size());
        for (int i = 0; i < publicKeys.size(); i++) {
            require(
                    PUBLIC_KEY.matcher(publicKeys.get(i)).matches(),
                    "publicKeys[" + i + "]",
                    "must be one line of 1 to 8192 printable ASCII characters");
        }
    }

    private static void require(boolean met, String field, String reason) {
        if (!met) {
            throw new InvalidFieldException(field, reason);
        }
    }
}
