package slash32.overlay.pki;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import slash32.net.IpAddress;

/// The subject alternative names of a certificate (RFC 5280 §4.2.1.6) that name a node.
///
/// @param hosts in lower case
record SubjectNames(Set<String> hosts, Set<IpAddress> addresses) {
    private static final int DNS = 2;
    private static final int IP = 7;

    /// None if the certificate has none, or they make no sense.
    static SubjectNames of(X509Certificate certificate) {
        var hosts = new LinkedHashSet<String>();
        var addresses = new LinkedHashSet<IpAddress>();
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            for (List<?> name : names == null ? List.<List<?>>of() : names) {
                if (name.get(0).equals(DNS)) {
                    hosts.add(((String) name.get(1)).toLowerCase(Locale.ROOT));
                } else if (name.get(0).equals(IP)) {
                    addresses.add(IpAddress.parse((String) name.get(1)));
                }
            }
        } catch (CertificateParsingException | IllegalArgumentException _) {
            return new SubjectNames(Set.of(), Set.of());
        }
        return new SubjectNames(hosts, addresses);
    }
}
