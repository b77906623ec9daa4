package slash32.agent.cni;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// The plugin that gives a network's addresses: a program called like this one, with the same environment and input.
final class Ipam {
    private final String type;
    private final Path program;
    private final String input;

    private Ipam(String type, Path program, String input) {
        this.type = type;
        this.program = program;
        this.input = input;
    }

    static Ipam of(String type, CniEnvironment environment, CniConfig config) throws CniException {
        for (Path folder : environment.path()) {
            Path program = folder.resolve(type);
            if (!type.contains("/") && Files.isExecutable(program)) {
                return new Ipam(type, program, config.raw().toString());
            }
        }
        throw new CniException(
                CniException.INVALID_CONFIG, "no IPAM plugin '" + type + "'", "not in CNI_PATH " + environment.path());
    }

    /// What it gave: host addresses and what it says of DNS.
    record Given(List<Prefix> addresses, JsonNode dns) {
        Given {
            addresses = List.copyOf(addresses);
        }
    }

    Given add() throws CniException {
        JsonNode result = run(CniEnvironment.Command.ADD);
        try {
            List<Prefix> addresses = StreamSupport.stream(result.path("ips").spliterator(), false)
                    .map(ip -> host(ip.path("address").asText()))
                    .toList();
            return new Given(addresses, result.path("dns"));
        } catch (IllegalArgumentException e) {
            throw new CniException(
                    CniException.UNDECODABLE,
                    "IPAM plugin " + type + " gave no address",
                    String.valueOf(e.getMessage()));
        }
    }

    /// The address alone: what the guest has on its link is the gateway and nothing else.
    static Prefix host(String address) {
        int slash = address.indexOf('/');
        return IpAddress.parse(slash < 0 ? address : address.substring(0, slash))
                .hostPrefix();
    }

    JsonNode run(CniEnvironment.Command command) throws CniException {
        try {
            var builder = new ProcessBuilder(program.toString()).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("CNI_COMMAND", command.name());
            Process process = builder.start();
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(UTF_8));
            }
            byte[] output = process.getInputStream().readAllBytes();
            int exit = process.waitFor();
            JsonNode answer = output.length == 0 ? CniConfig.parse("{}".getBytes(UTF_8)) : CniConfig.parse(output);
            if (exit != 0) {
                throw new CniException(
                        answer.path("code").asInt(CniException.IO_FAILURE),
                        "IPAM plugin " + type + ": " + answer.path("msg").asText("exited with " + exit),
                        answer.path("details").asText());
            }
            return answer;
        } catch (CniException e) {
            throw e;
        } catch (IOException e) {
            throw new CniException(
                    CniException.IO_FAILURE, "IPAM plugin " + type + " can't be run", String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CniException(CniException.TRY_AGAIN_LATER, "interrupted", "");
        }
    }
}
