package slash32.lab.cable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import slash32.lab.runner.LabException;
import slash32.lab.yaml.Finding;
import slash32.lab.yaml.Findings;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.lab.yaml.YamlFile;
import slash32.lab.yaml.YamlMapping;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// A guest as it configures itself: what is in the VM's image or came from its metadata, not what the agent knows.
///
/// @param name of its namespace
/// @param tap the hypervisor's end, which somebody else makes
/// @param mtuBytes of its interface
/// @param addresses each with the prefix length that the guest believes in
public record GuestSpec(String name, InterfaceName tap, MacAddress mac, int mtuBytes, List<OnLink> addresses) {
    static final int DEFAULT_MTU_BYTES = 1_500;

    public GuestSpec {
        addresses = List.copyOf(addresses);
    }

    /// An address and what the guest takes to be on its link.
    public record OnLink(IpAddress address, int length) {
        static OnLink parse(String text) {
            int slash = text.indexOf('/');
            String length = slash < 0 ? "" : text.substring(slash + 1);
            IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
            if (!length.matches("\\d{1,3}") || Integer.parseInt(length) > address.bits()) {
                throw new IllegalArgumentException("must be address/length, was '" + text + "'");
            }
            return new OnLink(address, Integer.parseInt(length));
        }

        @Override
        public String toString() {
            return address + "/" + length;
        }
    }

    /// The guests of one hypervisor.
    ///
    /// @throws LabException with everything that is wrong in the file
    public static List<GuestSpec> read(Path file) throws IOException {
        var findings = new Findings(file.toString());
        var guests = new ArrayList<GuestSpec>();
        YamlMapping root = YamlFile.parse(Files.readString(file), findings);
        if (root != null) {
            for (YamlMapping mapping : root.mappings("guests")) {
                read(mapping, guests);
            }
            root.end();
        }
        if (findings.hasErrors()) {
            throw new LabException(String.join(
                    "\n", findings.inOrder().stream().map(Finding::toString).toList()));
        }
        return guests;
    }

    private static void read(YamlMapping mapping, List<GuestSpec> guests) {
        Place place = mapping.place();
        Located<String> name = mapping.text("name");
        Located<InterfaceName> tap = mapping.value("tap", InterfaceName::new);
        Located<MacAddress> mac = mapping.value("mac", MacAddress::parse);
        int mtuBytes = mapping.integer("mtu", 1_280, 65_535, DEFAULT_MTU_BYTES);
        var addresses = new ArrayList<OnLink>();
        for (Located<String> text : mapping.texts("addresses")) {
            try {
                addresses.add(OnLink.parse(text.value()));
            } catch (IllegalArgumentException e) {
                mapping.error(text.place(), "addresses", String.valueOf(e.getMessage()));
            }
        }
        mapping.end();
        if (name == null || tap == null || mac == null) {
            mapping.error(place, "name", "a guest needs name, tap and mac");
        } else {
            guests.add(new GuestSpec(name.value(), tap.value(), mac.value(), mtuBytes, addresses));
        }
    }
}
