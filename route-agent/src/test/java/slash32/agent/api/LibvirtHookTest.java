package slash32.agent.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.Samples;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.intent.DeviceMode;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointRole;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.EndpointView;
import slash32.testkit.Requirement;

/// The hook as libvirt calls it, against the API with an agent in memory.
@Tag("interop")
class LibvirtHookTest {
    private static final Path HOOK = Path.of("../packaging/libvirt/slash32");
    private static final EndpointId ID = new EndpointId("6a5b8f1e-0c1d-4b2a-9c3d-0123456789ab-525400000001");
    private static final String DOMAIN = """
            <domain type='kvm' id='3'>
              <name>vm1</name>
              <uuid>6a5b8f1e-0c1d-4b2a-9c3d-0123456789ab</uuid>
              <metadata>
                <slash32:endpoints xmlns:slash32="urn:slash32:libvirt:1">
                  <slash32:endpoint mac="52:54:00:00:00:01" addresses="10.1.0.1 2001:db8:1::1" groups="100">
                    {"guest": {"hostname": "vm1"}}
                  </slash32:endpoint>
                </slash32:endpoints>
              </metadata>
              <devices>
                <interface type='ethernet'>
                  <mac address='52:54:00:00:00:01'/>
                  <target dev='tap-vm1'/>
                  <mtu size='1400'/>
                </interface>
                <interface type='network'><mac address='52:54:00:00:00:02'/></interface>
              </devices>
            </domain>
            """;

    private final Path socket;
    private final Path errors;
    private final MemoryControl control = new MemoryControl();
    private final HttpServer server = new HttpServer(Limits.DEFAULT);

    LibvirtHookTest(@TempDir Path folder) {
        socket = folder.resolve("agent.sock");
        errors = folder.resolve("errors");
    }

    @BeforeEach
    void listen() throws IOException {
        Requirement.program("python3", "python3");
        server.listen(socket, new Api(control, InstantSource.fixed(MemoryControl.START)));
        control.putGroup(Samples.group(100));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private int hook(String operation, String domain) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(HOOK.toString(), "vm1", operation, "begin", "-");
        builder.environment().put("SLASH32_SOCKET", socket.toString());
        builder.environment().put("SLASH32_SETTLE_SECONDS", "0");
        Process process = builder.redirectError(errors.toFile()).start();
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(domain.getBytes(UTF_8));
        }
        assertThat(process.getInputStream().readAllBytes()).isEmpty(); // libvirt would take it for another domain
        return process.waitFor();
    }

    private EndpointSpec spec() throws InterruptedException {
        EndpointView view = Objects.requireNonNull(control.endpoint(ID), "no endpoint");
        return view.spec();
    }

    @Test
    void aDomainsInterfacesAreEndpointsFromPrepareToRelease() throws Exception {
        assertThat(hook("prepare", DOMAIN)).isZero();
        assertThat(spec().device().value()).isEqualTo("tap-vm1");
        assertThat(spec().mode()).isEqualTo(DeviceMode.ADOPT);
        assertThat(spec().mtuBytes()).isEqualTo(1400);
        assertThat(spec().addresses()).hasSize(2);
        assertThat(spec().guest().hostname()).isEqualTo("vm1");
        assertThat(hook("start", DOMAIN)).isZero();
        assertThat(hook("reconnect", DOMAIN)).isZero();
        assertThat(hook("release", DOMAIN)).isZero();
        assertThat(control.endpoint(ID)).isNull();
        assertThat(hook("release", DOMAIN)).isZero();
    }

    @Test
    void anIncomingGuestIsAwaitedAndSettles() throws Exception {
        assertThat(hook("migrate", DOMAIN)).isZero();
        assertThat(hook("prepare", DOMAIN)).isZero();
        assertThat(spec().role()).isEqualTo(EndpointRole.MIGRATION_TARGET);
        control.reach(ID, MemoryControl.holds(ConditionKind.ADVERTISED));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (spec().role() != EndpointRole.ACTIVE) {
            assertThat(System.nanoTime()).as("the endpoint should settle").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void aDomainWithoutEndpointsNeedsNoAgent() throws Exception {
        server.close();
        assertThat(hook("prepare", DOMAIN.replaceAll("(?s)<metadata>.*</metadata>", "")))
                .isZero();
    }

    @Test
    void whatCannotBeKeepsTheDomainFromStartingAndIsSaid() throws Exception {
        assertThat(hook("prepare", DOMAIN.replace("mac=\"52:54:00:00:00:01\"", "mac=\"52:54:00:00:00:09\"")))
                .isEqualTo(1);
        assertThat(errors).content().contains("no interface of the domain has the MAC '52:54:00:00:00:09'");
        assertThat(hook("prepare", DOMAIN.replace("<target dev='tap-vm1'/>", "")))
                .isEqualTo(1);
        assertThat(errors).content().contains("must be of type 'ethernet' with a <target dev=");
        assertThat(hook("prepare", DOMAIN.replace("10.1.0.1", "10.1.0.0/24"))).isEqualTo(1);
        assertThat(errors).content().contains("addresses[0]");
        assertThat(hook("prepare", "<domain>")).isEqualTo(1);
        server.close();
        Files.deleteIfExists(socket);
        assertThat(hook("prepare", DOMAIN)).isEqualTo(1);
        assertThat(errors).content().contains("no agent answers on");
    }
}
