package slash32.agent.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.Samples;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.EndpointSpec;
import slash32.net.Bytes;
import slash32.net.IpAddress;

class MetadataHandlerTest {
    private static final IpAddress GUEST = IpAddress.parse("10.7.0.7");
    private static final EndpointSpec ENDPOINT = Samples.createdEndpoint();

    private static String answer(MetadataHandler handler, String method, String path) throws InterruptedException {
        var request =
                new Request(method, path, List.of(path.substring(1).split("/", -1)), Map.of(), Map.of(), Bytes.EMPTY);
        var response = (Response.Whole) handler.handle(request);
        return response.status() + " " + new String(response.body().toArray(), StandardCharsets.UTF_8);
    }

    private static MetadataHandler handler(IpAddress client) {
        return new MetadataHandler(
                client,
                address -> address.equals(GUEST) ? ENDPOINT : address.isIpv4() ? Samples.endpoint(1) : null,
                null);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            /                                             | latest/~openstack/~
            /latest                                       | meta-data/~user-data~
            /2009-04-04/meta-data/                        | hostname~instance-id~local-hostname~local-ipv4~mac~public-keys/~
            /latest/meta-data/instance-id                 | i-7
            /latest/meta-data/hostname                    | made.example.org
            /latest/meta-data/local-hostname              | made
            /latest/meta-data/local-ipv4                  | 10.7.0.7
            /latest/meta-data/mac                         | fa:16:3e:00:00:07
            /latest/meta-data/public-keys/                | 0=key-0~
            /latest/meta-data/public-keys/0/              | openssh-key~
            /latest/meta-data/public-keys/0/openssh-key   | ssh-ed25519 AAAA root@example
            /latest/user-data                             | #cloud-config~
            /user-data                                    | #cloud-config~
            /vendor-data                                  | ""
            /openstack                                    | latest~
            /openstack/latest/                            | meta_data.json~user_data~vendor_data.json~
            /openstack/2018-08-27/user_data               | #cloud-config~
            /openstack/latest/vendor_data.json            | {}
            """)
    void aGuestReadsWhatItsEndpointSays(String path, String page) throws InterruptedException {
        assertThat(answer(handler(GUEST), "GET", path)).isEqualTo("200 " + page.replace('~', '\n'));
    }

    @Test
    void cloudInitReadsItAsJson() throws InterruptedException {
        assertThat(answer(handler(GUEST), "GET", "/meta-data"))
                .isEqualTo("200 {\"instance-id\":\"i-7\",\"local-hostname\":\"made\","
                        + "\"public-keys\":[\"ssh-ed25519 AAAA root@example\"]}");
        assertThat(answer(handler(GUEST), "GET", "/openstack/latest/meta_data.json"))
                .isEqualTo("200 {\"uuid\":\"i-7\",\"hostname\":\"made.example.org\",\"name\":\"made\","
                        + "\"public_keys\":{\"key-0\":\"ssh-ed25519 AAAA root@example\"}}");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/latest/meta-data/ami-id",
        "GET,/latest/meta-data/mac/x",
        "GET,/latest/meta-data/public-keys/1/openssh-key",
        "GET,/latest/meta-data/public-keys/x",
        "GET,/latest/api/token",
        "GET,/user-data/x",
        "GET,/openstack/now/user_data",
        "GET,/openstack/latest/password",
        "GET,/../etc/passwd",
        "PUT,/latest/api/token",
        "DELETE,/"
    })
    void whatIsNotThereIsRefused(String method, String path) throws InterruptedException {
        assertThat(answer(handler(GUEST), method, path)).startsWith(method.equals("GET") ? "404 " : "405 ");
    }

    @Test
    void nobodyElseReadsIt() throws InterruptedException {
        assertThat(answer(handler(IpAddress.parse("10.7.0.8")), "GET", "/user-data"))
                .startsWith("404 ");
        assertThat(answer(handler(IpAddress.parse("2001:db8::1")), "GET", "/user-data"))
                .startsWith("404 ");
    }

    @Test
    void aGuestThatAsksWithoutEndIsSlowedDown() throws InterruptedException {
        MetadataHandler handler = handler(GUEST);
        boolean refused = false;
        for (int i = 0; i < 10_000 && !refused; i++) {
            refused = answer(handler, "GET", "/").startsWith("429 ");
        }
        assertThat(refused).isTrue();
    }
}
